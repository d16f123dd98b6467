/** `tscluster reshard`: slots from some primaries to another. */
import {Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {atomicFlag, bigKeyFlags, changeFlags, migrationFlags, usage} from '../cli/flags.js'
import {lookForMove} from '../cli/look-for-move.js'
import {clusterArg} from '../cli/node-args.js'
import {resolveNode} from '../cli/node-names.js'
import type {Choice} from '../cli/prompt.js'
import {count} from '../cli/render/numbers.js'
import {changeOptionsOf, commandLine, runPlan, settingsOf, type PlanResult} from '../cli/run-plan.js'
import type {Session} from '../cli/session.js'
import {consequences} from '../manager/plan/consequences.js'
import {refuse, type Planned} from '../manager/plan/plan.js'
import {planReshard, type ReshardRequest} from '../manager/plan/reshard.js'
import {findNode, type Primary, type Topology} from '../manager/view/topology.js'
import {formatAddress} from '../model/address.js'
import type {NodeId} from '../model/node-id.js'
import {SLOT_COUNT} from '../model/slot.js'
import {SlotSet} from '../model/slot-set.js'

export class Reshard extends BaseCommand {
  static override summary = 'move slots to a primary'
  static override description =
    'What is not given is asked: how many slots, to whom, from whom. Clients read and write all the while. Interrupted, it ' +
    'finishes the slots in hand; run again, it does the rest.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --from all --to 127.0.0.1:7003 --slots 1000 --yes',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --to 1a2b3c4d --slots 0-99 --dry-run',
    "printf '1000\\n1a2b3c4d\\nall\\nyes\\n' | <%= config.bin %> <%= command.id %> 127.0.0.1:7000",
  ]
  static override args = clusterArg
  static override flags = {
    from: Flags.string({
      aliases: ['cluster-from'],
      summary: 'source nodes (id, beginning of an id, or address; several with commas), or all',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      helpValue: 'NODE',
    }),
    to: Flags.string({aliases: ['cluster-to'], summary: 'the node that receives the slots', helpValue: 'NODE'}),
    slots: Flags.string({
      aliases: ['cluster-slots'],
      summary: 'how many slots; or which: 0-99, or 100-199,300',
      helpValue: 'COUNT|RANGE',
    }),
    ...atomicFlag,
    ...migrationFlags,
    ...bigKeyFlags,
    ...changeFlags,
  }

  async run(): Promise<PlanResult> {
    const {args, flags} = await this.parse(Reshard)
    const slots = flags.slots === undefined ? undefined : parseSlots(flags.slots)
    const {addresses, options} = this.entriesOf(args.cluster)
    const session = await this.openSession(flags, options)
    const earlier = await this.takeUpUnfinished(session, addresses, flags)
    if (earlier !== undefined) return earlier
    const {topology, blockers} = await lookForMove(session, addresses, flags.timeout)
    const planned =
      blockers.length > 0
        ? refuse(...blockers)
        : planReshard(topology, {
            ...(await completeRequest(session, topology, {slots, to: flags.to, from: flags.from})),
            atomic: flags.atomic,
            settings: settingsOf(flags),
          })
    const result = await runPlan(
      session,
      'reshard',
      {
        planned,
        consequences: sentences(topology, planned),
        next: commandLine('check', addresses[0]),
      },
      changeOptionsOf(flags),
    )
    this.end(result.exitCode)
    return result
  }
}

export default Reshard

interface GivenRequest {
  readonly slots: number | SlotSet | undefined
  readonly to: string | undefined
  readonly from: readonly string[] | undefined
}

/** Asks for what was not given, in redis-cli's order. */
async function completeRequest(
  {prompt}: Session,
  topology: Topology,
  given: GivenRequest,
): Promise<Pick<ReshardRequest, 'slots' | 'to' | 'from'>> {
  const resolve = (name: string): NodeId => resolveNode(topology, name)
  const choices = inOrderOfSlots(topology.primaries).map(({id}) => choiceOf(topology, id))
  const slots =
    given.slots ?? (await prompt.number('How many slots do you want to move', '--slots', {min: 1, max: SLOT_COUNT}))
  const to =
    given.to === undefined
      ? await prompt.pickNode('What is the receiving node?', '--to', choices, resolve)
      : resolve(given.to)
  if (slots instanceof SlotSet && given.from === undefined) return {slots, to, from: 'all'}
  const sources = choices.filter(({id}) => id !== to)
  const from = given.from ?? (await prompt.pickNodes('Source node', '--from', sources, resolve))
  if (from === 'all' || from.includes('all')) return {slots, to, from: 'all'}
  return {slots, to, from: from.map(resolve)}
}

/** As `info` lists them; nodes name each other in no order at all. */
function inOrderOfSlots(primaries: readonly Primary[]): Primary[] {
  const first = ({slots}: Primary): number => slots.ranges()[0]?.[0] ?? SLOT_COUNT
  return primaries.toSorted((a, b) => first(a) - first(b))
}

function choiceOf(topology: Topology, id: NodeId): Choice {
  const node = findNode(topology, id)!
  return {
    id,
    name: formatAddress(node.address),
    detail: `${count(node.slots.size, 'slot')}, ${count(node.keys, 'key')}`,
  }
}

/** A number is how many; anything else says which. `5-5` is slot 5. */
function parseSlots(text: string): number | SlotSet {
  const howMany = Number(text)
  if (/^-?\d+$/.test(text)) {
    if (howMany >= 1 && howMany <= SLOT_COUNT) return howMany
    throw usage(`--slots wants a number from 1 to ${SLOT_COUNT}, not ${text}`)
  }
  const slots = SlotSet.parse(text)
  if (slots === undefined || slots.size === 0) {
    throw usage(`--slots wants a number from 1 to ${SLOT_COUNT}, or ranges such as 0-99,200-299; not "${text}"`)
  }
  return slots
}

function sentences(topology: Topology, planned: Planned): string[] {
  return planned.ok ? consequences(topology, planned.plan) : []
}
