/** One operation per cluster at a time: an operation shows its flag on a few nodes, looks for others, and goes on when it is alone. */
import {isManagerError, toManagerError, type ManagerError} from '../../error.js'
import type {NodePool} from '../../ports.js'
import type {Claimant} from './claimant.js'
import {formatClaim, type ClaimSeen} from './claim-flag.js'
import {claimed, describeOwner, elapsedWords} from './claim-errors.js'
import {HeldClaim} from './held-claim.js'
import {isDead, judge, keyOf, rivalsIn, type Rival} from './judge.js'
import {openPosts, type Ground} from './places.js'
import type {Post} from './post.js'
import {CLAIM_TERMS, type ClaimTerms} from './terms.js'

/** Between two looks at others who have only begun: they need a round trip or two. */
const PAUSE_MS = 25
/** Others come and go; to be stopped by so many of them is no coincidence. */
const MOST_LOOKS = 200

/**
 * Costs two round trips to three nodes when nobody else is there.
 * @throws ManagerError `claimed` when another operation works on the cluster; nothing was changed then
 */
export async function takeClaim(pool: NodePool, ground: Ground, claimant: Claimant): Promise<HeldClaim> {
  const flag = formatClaim(claimant.owner, 'claiming')
  const seen = await openPosts(pool, ground, (post) => post.raiseAndLook(flag))
  const claiming = new Claiming(claimant)
  try {
    const claim = new HeldClaim(await claiming.untilAlone(seen), claimant)
    await claiming.untilQuiet()
    return claim
  } catch (error) {
    await Promise.all([...seen.keys()].map((post) => post.lower()))
    throw error
  }
}

/**
 * Raises no flag: for whoever is about to ask an operator something.
 * @throws ManagerError `claimed` when an operation works on the cluster, and is not dead
 */
export async function refuseWhereClaimed(
  pool: NodePool,
  ground: Ground,
  {wallMs, terms = CLAIM_TERMS}: Pick<Claimant, 'wallMs' | 'terms'>,
): Promise<void> {
  const seen = await openPosts(pool, ground, (post) => post.look())
  const holder = rivalsIn([...seen.values()].flat()).find((rival) => rival.isHolding && !isDead(rival, terms))
  if (holder !== undefined) throw claimed(holder, wallMs())
}

type Seen = ReadonlyMap<Post, ClaimSeen[]>

class Claiming {
  readonly #claimant: Claimant
  readonly #terms: ClaimTerms
  /** Seen dead once. */
  readonly #doubtful = new Set<string>()
  /** Cannot be ended. */
  readonly #passedOver = new Set<string>()
  /** From then on nobody sends anything who was cut off alive. */
  #quietAtMs = -Infinity

  constructor(claimant: Claimant) {
    this.#claimant = claimant
    this.#terms = claimant.terms ?? CLAIM_TERMS
  }

  /**
   * @param first who was seen where, after the flag was raised there
   * @returns the nodes that still answer
   */
  async untilAlone(first: Seen): Promise<Post[]> {
    const {owner, force, clock} = this.#claimant
    let seen = first
    this.#warnWhereBlind([...seen.keys()])
    for (let looks = 1; ; looks++) {
      const verdict = judge(this.#rivals(seen), owner, this.#terms, force)
      if (verdict.kind === 'alone') return [...seen.keys()]
      if (verdict.kind === 'give-way') throw this.#claimedBy(verdict.to)
      if (looks > MOST_LOOKS) throw this.#claimedBy(verdict.kind === 'take-over' ? verdict.from[0]! : verdict.at)
      if (verdict.kind === 'take-over') await this.#takeOver(verdict.from, seen)
      else await clock.sleep(PAUSE_MS)
      seen = await lookAgain([...seen.keys()])
    }
  }

  #rivals(seen: Seen): Rival[] {
    const rivals = rivalsIn([...seen.values()].flat(), this.#claimant.owner)
    return rivals.filter(({key}) => !this.#passedOver.has(key))
  }

  #claimedBy(rival: Rival): ManagerError {
    return claimed(rival, this.#claimant.wallMs())
  }

  /** What is dead is looked at once more before it is ended. */
  async #takeOver(rivals: readonly Rival[], seen: Seen): Promise<void> {
    const {clock, note} = this.#claimant
    const {secondLookMs, sureMs} = this.#terms
    const sure = rivals.filter((rival) => !isDead(rival, this.#terms) || this.#doubtful.has(rival.key))
    for (const {key} of rivals) this.#doubtful.add(key)
    if (sure.length === 0) return clock.sleep(secondLookMs)
    for (const {owner, idleMs} of sure) {
      const silence = elapsedWords(Math.floor(idleMs / 1000))
      note(`taking over from ${owner.operation} (${describeOwner(owner)}), of which nothing was heard for ${silence}`)
    }
    await this.#endConnections(new Set(sure.map(({key}) => key)), seen)
    const leastIdleMs = Math.min(...sure.map(({idleMs}) => idleMs))
    this.#quietAtMs = Math.max(this.#quietAtMs, clock.nowMs() + sureMs - leastIdleMs)
  }

  /** To be waited for with the flag up: whoever comes meanwhile is refused, and cannot get between the two. */
  async untilQuiet(): Promise<void> {
    const {clock, note} = this.#claimant
    const waitMs = this.#quietAtMs - clock.nowMs()
    if (waitMs <= 0) return
    note(`waiting ${elapsedWords(Math.ceil(waitMs / 1000))}: after that it sends nothing more, even if it is alive`)
    await clock.sleep(waitMs)
  }

  async #endConnections(keys: ReadonlySet<string>, seen: Seen): Promise<void> {
    const ending = [...seen].map(async ([post, claims]) => {
      const clientIds = claims.filter(({owner}) => keys.has(keyOf(owner))).map(({clientId}) => clientId)
      await post.end(clientIds)
    })
    const results = await Promise.allSettled(ending)
    const refused = results.map((result) => (result.status === 'rejected' ? (result.reason as unknown) : undefined))
    const refusal = refused.find((error) => isManagerError(error, 'not-permitted', 'error-reply'))
    if (refusal === undefined) return
    const {message, node = ''} = toManagerError(refusal)
    this.#claimant.warn(`${node} ${message}: the other operation is not cut off; make sure that its process has ended`)
    // What cannot be ended would be in the way for ever.
    for (const key of keys) this.#passedOver.add(key)
  }

  /** Where no node lets this user see or be seen, there is nothing to go by; the operation itself may be allowed all the same. */
  #warnWhereBlind(posts: readonly Post[]): void {
    const [first] = posts
    if (first === undefined || !posts.every(({refusal}) => refusal !== undefined)) return
    const {message, node = ''} = first.refusal!
    this.#claimant.warn(`${node} ${message}: whether another operation works on this cluster could not be seen`)
  }
}

/** A node that is lost meanwhile is no longer a place to meet. @throws ManagerError when the last one is lost */
async function lookAgain(posts: readonly Post[]): Promise<Seen> {
  const seen = new Map<Post, ClaimSeen[]>()
  let failure: unknown
  const look = async (post: Post): Promise<void> => {
    try {
      seen.set(post, await post.look())
    } catch (error) {
      failure = error
    }
  }
  await Promise.all(posts.map(look))
  if (failure !== undefined && seen.size === 0) throw toManagerError(failure)
  return seen
}
