/** `--verify`: what stands in the slots before an operation and after it, and writers that write all the while. */
import {randomBytes} from 'node:crypto'
import {isManagerError} from '../../manager/error.js'
import type {Outcome} from '../../manager/execute/outcome.js'
import type {Plan} from '../../manager/plan/plan.js'
import type {StepOf} from '../../manager/plan/step.js'
import type {NodePool} from '../../manager/ports.js'
import {Canaries} from '../../manager/verify/canary/canaries.js'
import {removeLeftovers} from '../../manager/verify/canary/canary-register.js'
import {ClusterClient} from '../../manager/verify/canary/cluster-client.js'
import {judgeKeys, type KeysVerdict} from '../../manager/verify/judge.js'
import {bringsKeys, slotsAtStake} from '../../manager/verify/moved-slots.js'
import {
  KEYS_AT_MOST,
  readNow,
  readSource,
  SOURCE_ID,
  withSourceWrites,
  type Reading,
} from '../../manager/verify/reading.js'
import {parseAddress, type Address} from '../../model/address.js'
import {assert} from '../../model/assert.js'
import type {NodeId} from '../../model/node-id.js'
import {SlotSet} from '../../model/slot-set.js'
import {formatCount} from '../render/numbers.js'
import {observeSettled, type Carried, type Session} from '../session.js'
import {statusOf, type VerificationReport} from './report.js'

export interface VerifyOptions {
  /** Canary writes a second; 0: none. */
  readonly canaryRate: number
}

const NAMES_AT_MOST = 10
/** MIGRATE passes on what is left to live: a key ends later by as long as it was on its way, and by what the clocks differ. */
const TTL_TOLERANCE_MS = 5_000
/** What Ctrl-C leaves to read the canaries back and to remove them. */
const CLOSING_MS = 5_000

interface Source {
  readonly pool: NodePool
  readonly address: Address
  readonly database: number
}

/**
 * Reads what is there before anything is changed.
 * @param source where an import reads from
 * @throws ManagerError when a node does not answer: nothing was changed then
 */
export async function beginCheck(
  session: Session,
  plan: Plan,
  options: VerifyOptions,
  source: NodePool | undefined,
): Promise<OperationCheck> {
  const {pool, world, renderer} = session
  renderer.busy('reading what the slots hold before they are moved …')
  const from = source === undefined ? undefined : sourceIn(plan, source)
  const slots = bringsKeys(plan) ? SlotSet.ALL : slotsAtStake(plan)
  const epochMs = Date.now()
  const view = await observeSettled(pool, entriesOf(plan), world.clock)
  const wanted = from === undefined ? slots : SlotSet.EMPTY
  const cluster = await readNow(pool, view, {slots: wanted, moment: 'before', everywhere: true, epochMs})
  const before =
    from === undefined ? cluster : await readSource(from.pool, from.address, from.database, cluster, epochMs)
  renderer.idle()
  const owners = new Map([...cluster.owners].map(([slot, node]) => [slot, cluster.addresses.get(node)!]))
  const client = new ClusterClient(pool, world.clock, owners)
  if (before.slots.size < wanted.size) {
    renderer.warn(
      `only ${before.slots.size} of ${wanted.size} slots are verified: ${formatCount(KEYS_AT_MOST)} keys at most`,
    )
  }
  return new OperationCheck(session, plan, options, {before, epochMs, client, canarySlots: slots, source: from})
}

interface Begun {
  readonly before: Reading
  readonly epochMs: number
  readonly client: ClusterClient
  readonly canarySlots: SlotSet
  readonly source: Source | undefined
}

export class OperationCheck {
  readonly #session: Session
  readonly #plan: Plan
  readonly #options: VerifyOptions
  readonly #begun: Begun
  #leftoversRemoved = 0

  constructor(session: Session, plan: Plan, options: VerifyOptions, begun: Begun) {
    this.#session = session
    this.#plan = plan
    this.#options = options
    this.#begun = begun
  }

  /**
   * Carries the work out with writers beside it, and looks at everything again. Ctrl-C is a request all the while: the canaries are
   * removed before the program ends.
   */
  around(work: () => Promise<Carried>): Promise<{readonly carried: Carried; readonly report: VerificationReport}> {
    return this.#session.interruption.during(async () => {
      this.#leftoversRemoved = await removeLeftovers(this.#begun.client)
      const canaries = this.#canaries()
      try {
        await canaries?.start()
        const carried = await work()
        const {outcome} = carried
        await canaries?.stop()
        const written = (await this.#bounded((signal) => canaries?.judge(signal))) ?? null
        const keys = this.#isInterrupted() ? null : await this.#readAgain(outcome)
        const status = statusOf(keys, written, outcome.status === 'applied')
        return {carried, report: {status, keys, canaries: written, leftoversRemoved: this.#leftoversRemoved}}
      } finally {
        await canaries?.stop()
        await this.#removeCanaries(canaries)
      }
    })
  }

  #canaries(): Canaries | undefined {
    const {client, canarySlots} = this.#begun
    const {canaryRate} = this.#options
    if (canaryRate === 0 || canarySlots.size === 0) return undefined
    const id = randomBytes(4).toString('hex')
    return new Canaries(client, this.#session.world.clock, {id, slots: canarySlots, rate: canaryRate})
  }

  /** A reading that fails leaves the outcome as it is: what was done is done, and is told. */
  async #readAgain(outcome: Outcome): Promise<KeysVerdict | null> {
    const {pool, world, renderer} = this.#session
    const {before, epochMs, source, client} = this.#begun
    renderer.busy('reading what the slots hold now …')
    try {
      const view = await observeSettled(pool, entriesOf(this.#plan), world.clock)
      const everywhere = outcome.status !== 'applied'
      const only = source === undefined ? {} : {only: before.keys}
      const cluster = await readNow(pool, view, {slots: before.slots, moment: 'after', everywhere, epochMs, ...only})
      const after = source === undefined ? cluster : await withSourceWrites(source.pool, source.address, cluster)
      return judgeKeys(before, after, {
        ttlToleranceMs: TTL_TOLERANCE_MS,
        nowMs: Date.now(),
        namesAtMost: NAMES_AT_MOST,
        ours: (node) => oursOn(node, after, client),
      })
    } catch (error) {
      if (!isManagerError(error)) throw error
      renderer.warn(`the keys could not be read again: ${error.node ?? ''} ${error.message}`)
      return null
    } finally {
      renderer.idle()
    }
  }

  async #removeCanaries(canaries: Canaries | undefined): Promise<void> {
    if (canaries === undefined) return
    const removed = await this.#bounded((signal) => canaries.remove(signal))
    if (removed !== true) {
      this.#session.renderer.warn('canary keys are left (tscluster:canary:*): they expire within an hour')
    }
  }

  /** The operator wants to go: what is left to do has CLOSING_MS. */
  async #bounded<Result>(work: (signal: AbortSignal) => Promise<Result> | undefined): Promise<Result | undefined> {
    const limit = new AbortController()
    const done = new AbortController()
    if (this.#isInterrupted()) void this.#session.world.clock.sleep(CLOSING_MS, done.signal).then(() => limit.abort())
    try {
      return await work(limit.signal)
    } finally {
      done.abort()
    }
  }

  #isInterrupted(): boolean {
    return this.#session.interruption.stop.aborted
  }
}

function oursOn(node: NodeId, after: Reading, client: ClusterClient): ReadonlyMap<string, number> {
  const address = after.addresses.get(node)
  return node === SOURCE_ID || address === undefined ? new Map() : client.carriedOutOn(address)
}

function entriesOf(plan: Plan): Address[] {
  const texts = plan.entries.length > 0 ? plan.entries : plan.nodes.map(({address}) => address)
  return texts.flatMap((text) => parseAddress(text) ?? [])
}

function sourceIn(plan: Plan, pool: NodePool): Source | undefined {
  const step = plan.phases
    .flatMap(({steps}) => steps)
    .find((each): each is StepOf<'copy-keys'> => each.kind === 'copy-keys')
  if (step === undefined) return undefined
  const address = parseAddress(step.from)
  assert(address !== undefined, 'a step that copies keys names an address')
  return {pool, address, database: step.database}
}
