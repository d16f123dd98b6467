/** `tscluster rebalance`: each primary gets slots by its weight, moving as few as can be. */
import {Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {atomicFlag, bigKeyFlags, changeFlags, migrationFlags, usage} from '../cli/flags.js'
import {lookForMove} from '../cli/look-for-move.js'
import {clusterArg} from '../cli/node-args.js'
import {resolveNode} from '../cli/node-names.js'
import {changeOptionsOf, commandLine, runPlan, settingsOf, type PlanResult} from '../cli/run-plan.js'
import {counted} from '../manager/check/naming.js'
import {consequences} from '../manager/plan/consequences.js'
import {refuse, type Plan} from '../manager/plan/plan.js'
import {DEFAULT_THRESHOLD_PERCENT, planRebalance} from '../manager/plan/rebalance.js'
import {rangeCount, slotMapChange} from '../manager/plan/slot-map-change.js'
import type {Topology} from '../manager/view/topology.js'
import type {NodeId} from '../model/node-id.js'

export class Rebalance extends BaseCommand {
  static override summary = 'even out the slots over the primaries'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --use-empty-primaries --yes',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --weight 127.0.0.1:7001=2 --weight 1a2b3c4d=0.5',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --weight 127.0.0.1:7003=0 --dry-run',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 --defragment 500 --dry-run',
  ]
  static override args = clusterArg
  static override flags = {
    weight: Flags.string({
      char: 'w',
      aliases: ['cluster-weight'],
      summary: 'share of a node (1 where not given; 0 drains it)',
      multiple: true,
      helpValue: 'NODE=WEIGHT',
    }),
    'use-empty-primaries': Flags.boolean({
      aliases: ['use-empty-masters', 'cluster-use-empty-masters', 'cluster-use-empty-primaries'],
      summary: 'give slots to primaries that have none',
    }),
    threshold: Flags.string({
      aliases: ['cluster-threshold'],
      summary: 'do nothing while no node is further than this from its share, in percent',
      default: String(DEFAULT_THRESHOLD_PERCENT),
      helpValue: 'PERCENT',
    }),
    defragment: Flags.string({
      summary: 'move up to so many slots more to merge ranges of the slot map; all: as many as it takes',
      helpValue: 'SLOTS',
    }),
    simulate: Flags.boolean({aliases: ['cluster-simulate'], summary: 'the same as --dry-run', hidden: true}),
    ...atomicFlag,
    ...migrationFlags,
    ...bigKeyFlags,
    ...changeFlags,
  }

  async run(): Promise<PlanResult> {
    const {args, flags} = await this.parse(Rebalance)
    const threshold = parseThreshold(flags.threshold)
    const defragment = parseDefragment(flags.defragment)
    // `--weight` takes all words that follow it, as in redis-cli: an address among them was meant as an address.
    const weights = (flags.weight ?? []).filter((word) => word.includes('='))
    const strays = (flags.weight ?? []).filter((word) => !word.includes('='))
    const {addresses, options} = this.entriesOf([...args.cluster, ...strays])
    const shares = weights.map(parseWeight)
    const session = await this.openSession(flags, options)
    const earlier = await this.takeUpUnfinished(session, addresses, flags)
    if (earlier !== undefined) return earlier
    const {topology, blockers} = await lookForMove(session, addresses, flags.timeout)
    const weightOf = resolveWeights(topology, shares)
    const planned =
      blockers.length > 0
        ? refuse(...blockers)
        : planRebalance(topology, {
            weights: weightOf,
            useEmptyPrimaries: flags['use-empty-primaries'],
            threshold,
            defragment,
            atomic: flags.atomic,
            settings: settingsOf(flags),
          })
    const result = await runPlan(
      session,
      'rebalance',
      {
        planned,
        consequences: planned.ok
          ? [...tidiness(topology, planned.plan, defragment), ...consequences(topology, planned.plan)]
          : [],
        nothingToDo: nothingToDo(topology, flags.threshold, defragment),
        next: commandLine('check', addresses[0]),
      },
      {...changeOptionsOf(flags), dryRun: flags['dry-run'] || flags.simulate},
    )
    this.end(result.exitCode)
    return result
  }
}

export default Rebalance

interface NamedWeight {
  readonly name: string
  readonly weight: number
}

function parseWeight(word: string): NamedWeight {
  const equals = word.lastIndexOf('=')
  const text = word.slice(equals + 1)
  const weight = Number(text)
  if (!/^\d*\.?\d+$/.test(text) || !Number.isFinite(weight)) throw usage(`--weight ${word}: "${text}" is not a weight`)
  return {name: word.slice(0, equals), weight}
}

function parseThreshold(text: string): number {
  const value = Number(text)
  if (!/^\d*\.?\d+$/.test(text) || value > 100) {
    throw usage(`--threshold wants a percentage from 0 to 100, not "${text}"`)
  }
  return value
}

function parseDefragment(text: string | undefined): number {
  if (text === undefined) return 0
  if (text === 'all') return Infinity
  if (!/^\d+$/.test(text)) throw usage(`--defragment wants a whole number of slots, or all, not "${text}"`)
  return Number(text)
}

/** What the slot map gains; nothing when that was not asked for. */
function tidiness(topology: Topology, plan: Plan, defragment: number): string[] {
  if (defragment === 0) return []
  const {before, after, moved} = slotMapChange(topology, plan)
  return [`the slot map: ${counted(before, 'range')} -> ${counted(after, 'range')} for ${counted(moved, 'slot')} moved`]
}

function nothingToDo(topology: Topology, threshold: string, defragment: number): string {
  const balanced = `balanced: every primary is within ${threshold} % of its share`
  if (defragment === 0) return balanced
  const means = defragment === Infinity ? '' : ` by moving at most ${counted(defragment, 'slot')}`
  return `${balanced}, and of the ${counted(rangeCount(topology), 'range')} of its slot map none can be merged${means}`
}

function resolveWeights(topology: Topology, shares: readonly NamedWeight[]): ReadonlyMap<NodeId, number> {
  const weights = new Map<NodeId, number>()
  for (const {name, weight} of shares) {
    const id = resolveNode(topology, name)
    if (weights.has(id)) throw usage(`--weight names ${name} twice`)
    weights.set(id, weight)
  }
  return weights
}
