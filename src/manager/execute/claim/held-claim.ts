/** A claim while its operation works: shows that its owner lives, and finds out when another has taken over. */
import type {ManagerError} from '../../error.js'
import type {ManagerClock} from '../../ports.js'
import {formatClaim, type ClaimSeen} from './claim-flag.js'
import {claimLost} from './claim-errors.js'
import {isDead, rivalsIn, type Rival} from './judge.js'
import type {Post} from './post.js'
import type {Claimant} from './claimant.js'
import {Tenure} from './tenure.js'
import {CLAIM_TERMS, type ClaimTerms} from './terms.js'

export class HeldClaim {
  readonly #claimant: Claimant
  readonly #terms: ClaimTerms
  readonly #clock: ManagerClock
  readonly #flag: string
  /** Those on which others can see us. */
  readonly #posts: readonly Post[]
  readonly #tenure: Tenure
  readonly #lost = new AbortController()
  /** Released or lost: no more signs of life. */
  readonly #over = new AbortController()
  /** Asked, and not answered yet. */
  readonly #waiting = new Set<Post>()
  /** Somebody who had only begun was seen there. */
  readonly #contested = new Set<Post>()
  /** Who waits for a sign of life before it sends anything. */
  #wakeWaiters: (() => void)[] = []
  #rival: Rival | undefined

  constructor(posts: readonly Post[], claimant: Claimant) {
    this.#claimant = claimant
    this.#terms = claimant.terms ?? CLAIM_TERMS
    this.#clock = claimant.clock
    this.#flag = formatClaim(claimant.owner, 'held')
    this.#posts = posts.filter(({isRaised}) => isRaised)
    this.#tenure = new Tenure(this.#posts.length, this.#clock.nowMs())
    for (const post of this.#posts) post.rename(this.#flag)
    void this.#keepUp()
  }

  /** Fires when another operation has taken over, or may have: nothing more may be sent to any node. */
  get lost(): AbortSignal {
    return this.#lost.signal
  }

  /** Nobody can have taken over so far. When this is false, `sure` tells. */
  get isSure(): boolean {
    if (this.#lost.signal.aborted) return false
    return this.#posts.length === 0 || this.#clock.nowMs() - this.#tenure.heardMs < this.#terms.sureMs
  }

  /** Waits until it is known that nobody has taken over. @throws ManagerError `claim-lost` */
  async sure(): Promise<void> {
    while (!this.isSure) {
      if (this.#lost.signal.aborted) throw this.#whyLost()
      await new Promise<void>((resolve) => this.#wakeWaiters.push(resolve))
    }
  }

  /** Why the operation must not go on, with the name of who took over where that can still be seen; `undefined` while it may. */
  async reason(): Promise<ManagerError | undefined> {
    if (!this.#lost.signal.aborted) return undefined
    this.#rival ??= await this.#whoTookOver()
    return this.#whyLost()
  }

  /** The cluster is free for others. */
  async release(): Promise<void> {
    this.#over.abort()
    await Promise.all(this.#posts.map((post) => post.lower()))
  }

  async #keepUp(): Promise<void> {
    const {signal} = this.#over
    const {beatMs} = this.#terms
    for (;;) {
      await this.#clock.sleep(beatMs, signal)
      if (signal.aborted) return
      const round = this.#tenure.beginRound()
      const sentMs = this.#clock.nowMs()
      // One node that hangs must not keep the others from hearing of us.
      void Promise.all(this.#posts.map((post, place) => this.#tend(post, place, round, sentMs)))
    }
  }

  async #tend(post: Post, place: number, round: number, sentMs: number): Promise<void> {
    if (this.#waiting.has(post)) return
    this.#waiting.add(post)
    try {
      if (this.#tenure.isBroken(place)) await this.#renew(post, place)
      else await this.#ask(post)
      this.#tenure.answered(place, round, sentMs)
    } catch {
      this.#tenure.broke(place)
      if (this.#tenure.isLost) this.#lose()
    } finally {
      this.#waiting.delete(post)
      this.#wake()
    }
  }

  async #ask(post: Post): Promise<void> {
    if (this.#contested.has(post)) this.#consider(post, await post.look())
    else await post.beat(this.#terms.expiryMs)
  }

  /** Its node was restarted, or the connection was cut: as long as others are sound that is no reason to stop. */
  async #renew(post: Post, place: number): Promise<void> {
    await post.reopen(this.#claimant.owner.id)
    const seen = await post.raiseAndLook(this.#flag)
    if (this.#over.signal.aborted) return post.lower()
    if (!post.isRaised) throw post.refusal!
    this.#tenure.renewed(place)
    this.#consider(post, seen)
  }

  #consider(post: Post, seen: readonly ClaimSeen[]): void {
    const living = this.#livingRivals(seen)
    const holder = living.find(({isHolding}) => isHolding)
    if (holder !== undefined) this.#lose(holder)
    if (living.length > 0) this.#contested.add(post)
    else this.#contested.delete(post)
  }

  #livingRivals(seen: readonly ClaimSeen[]): Rival[] {
    return rivalsIn(seen, this.#claimant.owner).filter((rival) => !isDead(rival, this.#terms))
  }

  #lose(to?: Rival): void {
    if (this.#over.signal.aborted) return
    this.#rival = to
    this.#over.abort()
    this.#lost.abort()
    for (const post of this.#posts) void post.lower()
    this.#wake()
  }

  #wake(): void {
    const waiters = this.#wakeWaiters
    this.#wakeWaiters = []
    for (const wake of waiters) wake()
  }

  async #whoTookOver(): Promise<Rival | undefined> {
    const looks = this.#posts.map(async (post) => {
      await post.reopen(this.#claimant.owner.id)
      return this.#livingRivals(await post.look())
    })
    const rivals = (await Promise.allSettled(looks)).flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
    return rivals.find(({isHolding}) => isHolding) ?? rivals[0]
  }

  #whyLost(): ManagerError {
    return claimLost(
      this.#rival,
      this.#posts.map(({name}) => name),
      this.#claimant.wallMs(),
    )
  }
}
