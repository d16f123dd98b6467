/** One operation per cluster at a time: an operation shows its flag on a few nodes, looks for others, and goes on when it is alone. */
import type {ClaimOwner} from '../../claim-owner.js'
import {isManagerError, toManagerError, type ManagerError} from '../../error.js'
import type {ManagerClock, NodePool} from '../../ports.js'
import {formatClaim, type ClaimSeen} from './claim-flag.js'
import {claimed, describeOwner, elapsedWords} from './claim-errors.js'
import {HeldClaim} from './held-claim.js'
import {isDead, judge, rivalsIn, type Rival} from './judge.js'
import {openPosts, type Ground} from './places.js'
import type {Post} from './post.js'
import {CLAIM_TERMS, type ClaimTerms} from './terms.js'

export interface Claimant {
  readonly owner: ClaimOwner
  /** Ends the claim of whoever works on the cluster, dead or alive. */
  readonly force: boolean
  /** Must go on while the machine sleeps: what others take for dead must know it itself. */
  readonly clock: ManagerClock
  /** The time of day, Unix ms. */
  readonly wallMs: () => number
  readonly note: (message: string) => void
  readonly warn: (message: string) => void
  readonly terms?: ClaimTerms
}

/** Between two looks at others who have only begun: they need a round trip or two. */
const PAUSE_MS = 25
/** Others come and go; to be stopped by so many of them is no coincidence. */
const MOST_LOOKS = 200

/**
 * Costs two round trips to three nodes when nobody else is there.
 * @throws ManagerError `claimed` when another operation works on the cluster; nothing was changed then
 */
export async function takeClaim(pool: NodePool, ground: Ground, claimant: Claimant): Promise<HeldClaim> {
  const posts = await openPosts(pool, ground)
  const claiming = new Claiming(posts, claimant)
  try {
    await claiming.untilAlone()
  } catch (error) {
    await Promise.all(posts.map((post) => post.lower()))
    throw error
  }
  return new HeldClaim(claiming.posts, claimant)
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
  const posts = await openPosts(pool, ground)
  const seen = await Promise.all(posts.map((post) => post.look().catch(() => [])))
  const holder = rivalsIn(seen.flat(), '').find((rival) => rival.isHolding && !isDead(rival, terms))
  if (holder !== undefined) throw claimed(holder, wallMs())
}

class Claiming {
  readonly #claimant: Claimant
  readonly #terms: ClaimTerms
  /** Seen dead once. */
  readonly #doubtful = new Set<string>()
  /** Cannot be ended. */
  readonly #passedOver = new Set<string>()
  #posts: readonly Post[]

  constructor(posts: readonly Post[], claimant: Claimant) {
    this.#posts = posts
    this.#claimant = claimant
    this.#terms = claimant.terms ?? CLAIM_TERMS
  }

  /** Those that still answer. */
  get posts(): readonly Post[] {
    return this.#posts
  }

  async untilAlone(): Promise<void> {
    const {owner, force, clock} = this.#claimant
    const flag = formatClaim(owner, 'claiming')
    let seen = await this.#ask((post) => post.raiseAndLook(flag))
    this.#warnWhereBlind()
    for (let looks = 1; ; looks++) {
      const verdict = judge(this.#rivals(seen), owner.id, this.#terms, force)
      if (verdict.kind === 'alone') return
      if (verdict.kind === 'give-way') throw this.#claimedBy(verdict.to)
      if (looks > MOST_LOOKS) throw this.#claimedBy(verdict.kind === 'take-over' ? verdict.from[0]! : verdict.at)
      if (verdict.kind === 'take-over') await this.#takeOver(verdict.from, seen)
      else await clock.sleep(PAUSE_MS)
      seen = await this.#ask((post) => post.look())
    }
  }

  #rivals(seen: ReadonlyMap<Post, ClaimSeen[]>): Rival[] {
    const rivals = rivalsIn([...seen.values()].flat(), this.#claimant.owner.id)
    return rivals.filter(({owner}) => !this.#passedOver.has(owner.id))
  }

  #claimedBy(rival: Rival): ManagerError {
    return claimed(rival, this.#claimant.wallMs())
  }

  /** A node that is lost meanwhile is no longer a place to meet; the last one to be lost fails the operation. */
  async #ask(question: (post: Post) => Promise<ClaimSeen[]>): Promise<ReadonlyMap<Post, ClaimSeen[]>> {
    const seen = new Map<Post, ClaimSeen[]>()
    let failure: unknown
    await Promise.all(
      this.#posts.map(async (post) => {
        try {
          seen.set(post, await question(post))
        } catch (error) {
          failure = error
        }
      }),
    )
    if (failure !== undefined && seen.size === 0) throw toManagerError(failure)
    this.#posts = this.#posts.filter((post) => seen.has(post))
    return seen
  }

  /** What is dead is looked at once more before it is ended; who is alive, and is ended all the same, is given time to notice. */
  async #takeOver(rivals: readonly Rival[], seen: ReadonlyMap<Post, ClaimSeen[]>): Promise<void> {
    const {clock, note} = this.#claimant
    const {secondLookMs, sureMs} = this.#terms
    const sure = rivals.filter((rival) => !isDead(rival, this.#terms) || this.#doubtful.has(rival.owner.id))
    for (const {owner} of rivals) this.#doubtful.add(owner.id)
    if (sure.length === 0) return clock.sleep(secondLookMs)
    for (const {owner, idleMs} of sure) {
      const silence = elapsedWords(Math.floor(idleMs / 1000))
      note(`taking over from ${owner.operation} (${describeOwner(owner)}), of which nothing was heard for ${silence}`)
    }
    await this.#endConnections(new Set(sure.map(({owner}) => owner.id)), seen)
    const waitMs = sureMs - Math.min(...sure.map(({idleMs}) => idleMs))
    if (waitMs <= 0) return
    note(`waiting ${elapsedWords(Math.ceil(waitMs / 1000))}: after that it sends nothing more, even if it is alive`)
    await clock.sleep(waitMs)
  }

  async #endConnections(ids: ReadonlySet<string>, seen: ReadonlyMap<Post, ClaimSeen[]>): Promise<void> {
    const ending = [...seen].map(async ([post, claims]) => {
      const clientIds = claims.filter(({owner}) => ids.has(owner.id)).map(({clientId}) => clientId)
      await post.end(clientIds)
    })
    const results = await Promise.allSettled(ending)
    const refused = results.map((result) => (result.status === 'rejected' ? (result.reason as unknown) : undefined))
    const refusal = refused.find((error) => isManagerError(error, 'not-permitted', 'error-reply'))
    if (refusal === undefined) return
    const {message, node = ''} = toManagerError(refusal)
    this.#claimant.warn(`${node} ${message}: the other operation is not cut off; make sure that its process has ended`)
    // What cannot be ended would be in the way for ever.
    for (const id of ids) this.#passedOver.add(id)
  }

  /** Where no node lets this user see or be seen, there is nothing to go by; the operation itself may be allowed all the same. */
  #warnWhereBlind(): void {
    const [first] = this.#posts
    if (first === undefined || !this.#posts.every(({refusal}) => refusal !== undefined)) return
    const {message, node = ''} = first.refusal!
    this.#claimant.warn(`${node} ${message}: whether another operation works on this cluster could not be seen`)
  }
}
