/** Who may work on a cluster: one operation's decision, from what it saw after it had raised its own flag everywhere. */
import type {ClaimOwner} from '../../claim-owner.js'
import type {ClaimSeen} from './claim-flag.js'
import type {ClaimTerms} from './terms.js'

/** Another operation, as all nodes that were asked see it. */
export interface Rival {
  readonly owner: ClaimOwner
  readonly key: string
  readonly isHolding: boolean
  /** The shortest on any node: an owner that only one node hears is alive. */
  readonly idleMs: number
}

export type Verdict =
  /** Nobody else is here. */
  | {readonly kind: 'alone'}
  /** Another works here, or goes first. */
  | {readonly kind: 'give-way'; readonly to: Rival}
  /** These claims are in the way, and may be ended. */
  | {readonly kind: 'take-over'; readonly from: readonly Rival[]}
  /** Others are still looking, and will give way: only when they have done so is it certain. */
  | {readonly kind: 'look-again'; readonly at: Rival}

/** What makes a claim one: an operation that is resumed works under the same id while the run before may still sleep somewhere. */
export function keyOf({id, run}: ClaimOwner): string {
  return `${id}/${run}`
}

/** @param own absent: all that were seen are others */
export function rivalsIn(seen: readonly ClaimSeen[], own?: ClaimOwner): Rival[] {
  const rivals = new Map<string, Rival>()
  const ownKey = own && keyOf(own)
  for (const {owner, state, idleMs} of seen) {
    const key = keyOf(owner)
    if (key === ownKey) continue
    const known = rivals.get(key)
    rivals.set(key, {
      owner,
      key,
      isHolding: state === 'held' || known?.isHolding === true,
      idleMs: Math.min(idleMs, known?.idleMs ?? Infinity),
    })
  }
  return [...rivals.values()]
}

export function isDead({idleMs}: Rival, {expiryMs}: ClaimTerms): boolean {
  return idleMs >= expiryMs
}

/**
 * Whoever raises its flag before it looks is seen by all who look later, so of two on one node at least one sees the other. Among
 * those who have only begun, the lowest key goes first. It does not go on before the others are gone: one of them may have looked
 * before this flag was up, and holds the claim by now.
 * @param force claims that are held are ended, too; those who have only begun are met as ever, so that of two who force one wins
 */
export function judge(rivals: readonly Rival[], own: ClaimOwner, terms: ClaimTerms, force: boolean): Verdict {
  const living = rivals.filter((rival) => !isDead(rival, terms))
  const first = living.find(({isHolding, key}) => (isHolding ? !force : key < keyOf(own)))
  if (first !== undefined) return {kind: 'give-way', to: first}
  const inTheWay = rivals.filter((rival) => rival.isHolding || isDead(rival, terms))
  if (inTheWay.length > 0) return {kind: 'take-over', from: inTheWay}
  const [other] = living
  return other === undefined ? {kind: 'alone'} : {kind: 'look-again', at: other}
}
