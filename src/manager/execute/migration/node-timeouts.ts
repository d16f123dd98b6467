/**
 * `cluster-node-timeout` of all nodes, raised while a key moves that would otherwise make its node look dead: both ends of a
 * MIGRATE answer nobody while it runs, and a node that answers nobody for that long is replaced by a replica (redis#13122).
 * CONFIG SET only, never REWRITE: a node that restarts has its own value again.
 */
import {formatAddress, type Address} from '../../../model/address.js'
import type {NodeLine} from '../../../model/cluster-nodes.js'
import type {NodeId} from '../../../model/node-id.js'
import {ManagerError, toManagerError} from '../../error.js'
import {connectAnnounced} from '../../observe.js'
import type {ManagerClock, NodeClient, NodePool} from '../../ports.js'
import {textReply} from '../../reply.js'
import {raisedTimeoutMs, timeoutBeforeRaise} from '../../plan/raised-timeout.js'

/** Redis' and Valkey's default: what counts where a node does not tell. */
export const DEFAULT_NODE_TIMEOUT_MS = 15_000
const PARAMETER = 'cluster-node-timeout'

/** A node that another lane's key stops answers when that key is through. */
const REPLY_LIMIT_MS = 120_000

/** How often, and how many times at most, nodes are asked whether they have heard from both ends again. */
const HEARD_PAUSE_MS = 50
const HEARD_TRIES = 40

/** A member of the cluster, and how it is reached. */
export interface Member {
  readonly id: NodeId
  readonly address: Address
}

export interface Silence {
  readonly members: readonly Member[]
  readonly neededMs: number
  readonly ends: readonly NodeId[]
}

interface Judge {
  readonly address: Address
  /** What the operator set. */
  readonly ownMs: number
  nowMs: number
}

/** `ownMs`: what it was before we raised it; mostly what it is now. */
export interface NodeTimeout {
  readonly nowMs: number
  readonly ownMs: number
}

/** `null` where the node does not tell. */
export async function readNodeTimeout(node: NodeClient): Promise<NodeTimeout | null> {
  const [reply] = await node.pipeline([['CONFIG', 'GET', PARAMETER]])
  const nowMs = Array.isArray(reply) ? Number(reply[1]) : NaN
  return Number.isFinite(nowMs) && nowMs > 0 ? {nowMs, ownMs: timeoutBeforeRaise(nowMs) ?? nowMs} : null
}

/** Nodes that judge others: all that can be reached and are not known to be down. */
export function judgesAmong(self: Member, peers: readonly NodeLine[]): Member[] {
  const alive = peers.filter(
    ({flags, address}) => !flags.has('fail') && !flags.has('noaddr') && !flags.has('handshake') && address.port !== 0,
  )
  return [self, ...alive.map(({id, address}) => ({id, address}))]
}

/** One for all lanes of a run: what one raised, another must not take for the operator's value, nor take back too early. */
export class NodeTimeouts {
  readonly #pool: NodePool
  readonly #clock: ManagerClock
  readonly #judges = new Map<NodeId, Judge>()
  /** What the stalls that are under way need, ms; the highest counts. */
  readonly #needs: number[] = []
  readonly #told = new Set<NodeId>()
  #turn: Promise<void> = Promise.resolve()

  constructor(pool: NodePool, clock: ManagerClock) {
    this.#pool = pool
    this.#clock = clock
  }

  /** Whether `id` has a raised timeout that is none of ours; said once. */
  isNewlyLeftRaised(id: NodeId, {nowMs, ownMs}: NodeTimeout): boolean {
    if (nowMs === ownMs || this.#needs.length > 0 || this.#told.has(id)) return false
    this.#told.add(id)
    return true
  }

  /** The shortest of all, ms, as the operator set them; the default stands for one that does not answer or tell. */
  async shortestMs(members: readonly Member[]): Promise<number> {
    await this.#exclusively(() => this.#meet(members).then(() => undefined))
    return Math.min(...members.map(({id}) => this.#judges.get(id)?.ownMs ?? DEFAULT_NODE_TIMEOUT_MS))
  }

  /** Sets each timeout to what it is: shows, while there is still a choice, whether it may be changed. */
  async mayRaise(members: readonly Member[]): Promise<void> {
    await this.#exclusively(async () => {
      await this.#meetAll(members)
      await Promise.all([...this.#judges.values()].map((judge) => this.#set(judge, judge.nowMs)))
    })
  }

  /**
   * Does `work` while no node's timeout is below `neededMs`. The timeouts are put back when every member has heard again from the
   * ends, which are silent meanwhile.
   * @throws ManagerError when a timeout cannot be raised: `work` was not begun then
   */
  async during({members, neededMs, ends}: Silence, work: () => Promise<void>): Promise<void> {
    await this.#exclusively(async () => {
      await this.#meetAll(members)
      this.#needs.push(neededMs)
      try {
        await this.#adjust()
      } catch (error) {
        this.#drop(neededMs)
        await this.#adjust().catch(() => undefined)
        throw error
      }
    })
    try {
      await work()
    } finally {
      await this.#exclusively(async () => {
        await this.#untilHeard(ends)
        this.#drop(neededMs)
        // What cannot be put back now is tried again by `restore`, which tells.
        await this.#adjust().catch(() => undefined)
      })
    }
  }

  /** Puts back what is still raised. @returns the error that names what could not be, and the command that does it */
  async restore(): Promise<ManagerError | undefined> {
    this.#needs.length = 0
    try {
      await this.#exclusively(() => this.#adjust())
      return undefined
    } catch (error) {
      const {node, reply, code} = toManagerError(error)
      return new ManagerError(code, `${PARAMETER} was raised for a big key and could not be put back`, {
        node,
        reply,
        hint: this.#commandsToRestore().join(', '),
      })
    }
  }

  /** What is raised and has to stay so, because nothing more may be sent; `undefined`: nothing is. */
  get leftBehind(): string | undefined {
    const commands = this.#commandsToRestore()
    if (commands.length === 0) return undefined
    return `${PARAMETER} was raised for a big key, and is not put back now; when the cluster is free: ${commands.join(', ')}`
  }

  #commandsToRestore(): string[] {
    const raised = [...this.#judges.values()].filter(({ownMs, nowMs}) => ownMs !== nowMs)
    return raised.map(({address, ownMs}) => `on ${formatAddress(address)} CONFIG SET ${PARAMETER} ${ownMs}`)
  }

  /** @throws ManagerError when a member's timeout is not known: it could not be put back */
  async #meetAll(members: readonly Member[]): Promise<void> {
    const [failure] = await this.#meet(members)
    if (failure !== undefined) throw failure
  }

  /** @returns why some of them are still strangers */
  async #meet(members: readonly Member[]): Promise<ManagerError[]> {
    const strangers = members.filter(({id}) => !this.#judges.has(id))
    const failures = await Promise.all(strangers.map((member) => this.#meetOne(member)))
    return failures.filter((failure) => failure !== undefined)
  }

  async #meetOne({id, address}: Member): Promise<ManagerError | undefined> {
    try {
      const timeout = await readNodeTimeout(await connectAnnounced((each) => this.#pool.connect(each), address))
      if (timeout === null) {
        return new ManagerError('not-permitted', `does not tell its ${PARAMETER}`, {node: formatAddress(address)})
      }
      this.#judges.set(id, {address, ...timeout})
      return undefined
    } catch (error) {
      return toManagerError(error)
    }
  }

  /** All nodes get what is needed now; without a need, their own. Every node is tried. */
  async #adjust(): Promise<void> {
    const neededMs = Math.max(0, ...this.#needs)
    const wanted = [...this.#judges.values()].map((judge) => ({
      judge,
      ms: neededMs > judge.ownMs ? raisedTimeoutMs(judge.ownMs, neededMs) : judge.ownMs,
    }))
    const results = await Promise.allSettled(
      wanted.filter(({judge, ms}) => judge.nowMs !== ms).map(({judge, ms}) => this.#set(judge, ms)),
    )
    const failure = results.find((result) => result.status === 'rejected')
    if (failure !== undefined) throw failure.reason
  }

  #drop(neededMs: number): void {
    const index = this.#needs.indexOf(neededMs)
    if (index >= 0) this.#needs.splice(index, 1)
  }

  /** A ping sent before the stall has waited for all of it: under the old timeout, its node would count as dead at once. */
  async #untilHeard(ends: readonly NodeId[]): Promise<void> {
    await Promise.all(
      [...this.#judges.values()].map(async ({address}) => {
        for (let attempt = 0; attempt < HEARD_TRIES; attempt++) {
          if (await this.#hasHeard(address, ends)) return
          await this.#clock.sleep(HEARD_PAUSE_MS)
        }
      }),
    )
  }

  /** Changes of all lanes come one after another. */
  async #exclusively(change: () => Promise<void>): Promise<void> {
    const mine = this.#turn.then(change)
    this.#turn = mine.catch(() => undefined)
    await mine
  }

  async #set(judge: Judge, ms: number): Promise<void> {
    const node = await connectAnnounced((each) => this.#pool.connect(each), judge.address)
    await node.call(['CONFIG', 'SET', PARAMETER, ms], {timeoutMs: REPLY_LIMIT_MS})
    judge.nowMs = ms
  }

  /** A node that does not answer cannot be waited for: it is no judge any more. */
  async #hasHeard(address: Address, ends: readonly NodeId[]): Promise<boolean> {
    try {
      const node = await connectAnnounced((each) => this.#pool.connect(each), address)
      const reply = await node.call(['CLUSTER', 'NODES'], {timeoutMs: REPLY_LIMIT_MS})
      return !isWaiting(textReply(reply, node), ends)
    } catch {
      return true
    }
  }
}

/** `id address flags primary ping-sent …`: 0 when no ping is waiting for its pong. */
function isWaiting(clusterNodes: string, ends: readonly NodeId[]): boolean {
  return clusterNodes.split('\n').some((line) => {
    const [id = '', , flags = '', , pingSent = '0'] = line.split(' ')
    return ends.includes(id) && !flags.includes('myself') && pingSent !== '0'
  })
}
