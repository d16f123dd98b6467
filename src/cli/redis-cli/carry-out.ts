/** Plans on their way to the nodes, and what redis-cli says when one is refused or fails. */
import {formatPlainAddress, type Address} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import type {Finding} from '../../manager/check/finding.js'
import type {ManagerError} from '../../manager/error.js'
import type {Emit} from '../../manager/execute/event.js'
import {DEFAULT_SETTINGS, type Plan, type Planned, type PlanSettings} from '../../manager/plan/plan.js'
import type {NodePool} from '../../manager/ports.js'
import {carryOut} from '../session.js'
import type {Dialogue} from './dialogue.js'
import {printFailure} from './failures.js'
import type {ClusterOptions} from './invocation.js'

export function settingsOf({timeoutMs, pipeline, replace}: ClusterOptions): PlanSettings {
  return {...DEFAULT_SETTINGS, migrateTimeoutMs: timeoutMs, pipeline, replace}
}

export interface Telling {
  /** Prints what happens while it happens. */
  readonly emit: Emit
  /** Prints why the plan failed; default: as any other error. */
  readonly explain?: (error: ManagerError) => void
  /** Where an import reads from. */
  readonly source?: NodePool
}

/**
 * @returns whether all of it was done; if not, why was printed, and what to do next
 * @throws ManagerError `interrupted`, or when the plan is stale or its nodes cannot be looked at: nothing was changed then
 */
export async function apply(dialogue: Dialogue, plan: Plan, telling: Telling): Promise<boolean> {
  const {world, pool, interruption, journal, print, words} = dialogue
  const {emit, source, explain = (error): void => printFailure(error, print, words)} = telling
  const renderer = {begin: (): void => undefined, event: emit}
  const entry = plan.entries[0] ?? plan.nodes[0]!.address
  const field = {world, pool, interruption, renderer, journal}
  const {error, undone} = (await carryOut(field, plan, {entry, source})).outcome
  if (error === undefined) return true
  if (error.code !== 'interrupted') explain(error)
  if (undone) print.warning('*** What had been done was undone: the nodes are as they were.')
  if (error.hint !== undefined) print.warning(`*** ${inOldSpelling(error.hint)}`)
  if (error.code === 'interrupted') throw error
  return false
}

/** Hints and remedies name the options of the plain commands. */
const OLD_SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/with --no-atomic\b/g, 'without --cluster-use-atomic-slot-migration'],
  [/--atomic\b/g, '--cluster-use-atomic-slot-migration'],
  [/--(replace|from)\b/g, '--cluster-$1'],
]

function inOldSpelling(advice: string): string {
  return OLD_SPELLINGS.reduce((text, [pattern, spelling]) => text.replaceAll(pattern, spelling), advice)
}

/** The plan; `undefined` when it was refused, for reasons that were printed then. */
export function accepted(planned: Planned, dialogue: Dialogue): Plan | undefined {
  if (planned.ok) return planned.plan
  printRefusals(planned.refusals, dialogue)
  return undefined
}

/** For refusals that redis-cli has no words of its own for. */
export function printRefusals(refusals: readonly Finding[], {print}: Dialogue): void {
  for (const {node, message, remedy} of refusals) {
    const subject = node === null ? '' : `Node ${formatPlainAddress(node.address)} `
    const advice = remedy === null ? '' : ` (${inOldSpelling(remedy)})`
    print.error(`[ERR] ${subject}${message}${advice}`)
  }
}

/** The node that is refused for this reason; `undefined` when none is. */
export function refusedNode(refusals: readonly Finding[], code: string): Address | undefined {
  return refusals.find((refusal) => refusal.code === code)?.node?.address
}

/** From ids to `H:P`. */
export function namesOf(nodes: Iterable<Named>): (id: NodeId) => string {
  const names = new Map([...nodes].map(({id, address}) => [id, formatPlainAddress(address)]))
  return (id) => names.get(id) ?? id
}

interface Named {
  readonly id: NodeId
  readonly address: Address
}
