/** `--cluster reshard` */
import type {NodeId} from '../../model/node-id.js'
import {SLOT_COUNT} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import {isMove} from '../../manager/plan/lanes.js'
import type {Plan} from '../../manager/plan/plan.js'
import {planReshard} from '../../manager/plan/reshard.js'
import type {NodeView} from '../../manager/view/node-view.js'
import {Burst} from './burst.js'
import {accepted, apply, namesOf, settingsOf} from './carry-out.js'
import {isClean, printCheck} from './check-block.js'
import {loadCluster, type Cluster} from './cluster.js'
import type {Dialogue, Verdict} from './dialogue.js'
import {printMoveFailure} from './move-failure.js'
import {nodeRows} from './rows.js'
import {seedOfWords} from './seed.js'
import {movedLine} from './slot-lines.js'

/**
 * Asks what the options leave open: how many slots, to whom, from whom, and whether to go on. The plan moves as many slots as
 * were asked for, lowest first; redis-cli's rounding moves fewer.
 */
export async function reshard(dialogue: Dialogue): Promise<Verdict> {
  const {print, questions, invocation} = dialogue
  const cluster = await loadCluster(dialogue, seedOfWords(invocation.words), {settle: true, toChange: true})
  if (!isClean(await printCheck(cluster, dialogue))) {
    print.complain('*** Please fix your cluster problems before resharding')
    return 1
  }
  const slots = invocation.cluster.slots > 0 ? invocation.cluster.slots : await askSlots(dialogue)
  const target = findPrimary(cluster, await targetId(dialogue), dialogue)
  if (target === undefined) return 1
  const sources = await findSources(cluster, target, dialogue)
  if (sources === undefined) return 1
  if (sources.length === 0) {
    print.complain('*** No source nodes given, operation aborted.')
    return 1
  }
  const plan = planMoves(cluster, {slots, target, sources}, dialogue)
  if (plan === undefined) return 1
  printPlan(cluster, {slots, target, sources}, plan, dialogue)
  if (!invocation.cluster.yes && !(await questions.confirmText(PROCEED))) return 1
  return moveSlots(cluster, plan, dialogue)
}

interface Move {
  readonly slots: number
  readonly target: NodeView
  readonly sources: readonly NodeView[]
}

const PROCEED = 'Do you want to proceed with the proposed reshard plan (yes/no)? '

async function askSlots({questions}: Dialogue): Promise<number> {
  for (;;) {
    const answer = await questions.ask('How many slots do you want to move (from 1 to 16384)? ', '--cluster-slots')
    const slots = /^\d+$/.test(answer) ? Number(answer) : 0
    if (slots >= 1 && slots <= SLOT_COUNT) return slots
  }
}

async function targetId({questions, invocation}: Dialogue): Promise<string> {
  let id = invocation.cluster.to ?? ''
  while (id === '') id = await questions.ask('What is the receiving node ID? ', '--cluster-to')
  return id
}

/** `undefined` when there is none with this id; that was printed then. The id is the whole one, in either case. */
function findPrimary({nodes}: Cluster, id: string, {print, words}: Dialogue): NodeView | undefined {
  const node = nodes.find((each) => each.id === id.toLowerCase())
  if (node !== undefined && !node.line.flags.has('replica')) return node
  print.error(`*** The specified node (${id}) is not known or not a ${words.primary}, please retry.`)
  return undefined
}

/** In the order given, each once; `undefined` when one is unknown, which was printed then. */
async function findSources(cluster: Cluster, target: NodeView, dialogue: Dialogue): Promise<NodeView[] | undefined> {
  const sources = new Set<NodeView>()
  for await (const id of sourceIds(sources, dialogue)) {
    if (id === 'all') return allPrimaries(cluster).filter((node) => node !== target)
    const source = findPrimary(cluster, id, dialogue)
    if (source === undefined) return undefined
    if (source === target) dialogue.print.error('*** It is not possible to use the target node as source node.')
    else sources.add(source)
  }
  return [...sources]
}

/** From the option, or one answer at a time until `done`. */
async function* sourceIds(
  found: ReadonlySet<NodeView>,
  {print, questions, invocation}: Dialogue,
): AsyncGenerator<string> {
  const {from} = invocation.cluster
  if (from !== undefined) {
    const ids = from.split(',').filter((id) => id !== '')
    yield* ids.includes('all') ? ['all'] : ids
    return
  }
  print.line('Please enter all the source node IDs.')
  print.line("  Type 'all' to use all the nodes as source nodes for the hash slots.")
  print.line("  Type 'done' once you entered all the source nodes IDs.")
  for (;;) {
    const answer = await questions.ask(`Source node #${found.size + 1}: `, '--cluster-from')
    if (answer === 'done') return
    if (answer !== '') yield answer
  }
}

function allPrimaries({nodes}: Cluster): NodeView[] {
  return nodes.filter(({line}) => !line.flags.has('replica'))
}

/** More than the sources have means all that they have, as in redis-cli: the usual way to empty a node. */
function planMoves({topology}: Cluster, {slots, target, sources}: Move, dialogue: Dialogue): Plan | undefined {
  const {cluster} = dialogue.invocation
  const available = sources.reduce((sum, {line}) => sum + line.slots.size, 0)
  const request = {
    slots: available === 0 ? slots : Math.min(slots, available),
    to: target.id,
    from: sources.map(({id}) => id),
    choice: 'lowest' as const,
    atomic: cluster.atomic,
    settings: settingsOf(cluster),
  }
  return accepted(planReshard(topology, request), dialogue)
}

function printPlan({nodes}: Cluster, {slots, target, sources}: Move, plan: Plan, {print}: Dialogue): void {
  const indented = (rows: readonly NodeView[]): string[] => nodeRows(rows, nodes).map((row) => `    ${row}`)
  const lines = [
    '',
    `Ready to move ${slots} slots.`,
    '  Source nodes:',
    ...indented(sources),
    '  Destination node:',
    ...indented([target]),
    '  Resharding plan:',
    ...slotsBySource(plan, sources).map(({slot, source}) => `    Moving slot ${slot} from ${source}`),
  ]
  print.write(`${lines.join('\n')}\n`)
}

/** The source with most slots first, each with its lowest slots first. */
function slotsBySource(plan: Plan, sources: readonly NodeView[]): {slot: number; source: NodeId}[] {
  const sizes = new Map(sources.map(({id, line}) => [id, line.slots.size]))
  const moves = plan.phases.flatMap(({steps}) => steps).filter(isMove)
  return moves
    .toSorted((a, b) => sizes.get(b.source)! - sizes.get(a.source)!)
    .flatMap(({slots, source}) => [...(SlotSet.parse(slots) ?? [])].map((slot) => ({slot, source})))
}

async function moveSlots({topology}: Cluster, plan: Plan, dialogue: Dialogue): Promise<Verdict> {
  if (plan.phases.length === 0) return 0
  const burst = new Burst(dialogue.print)
  const nameOf = namesOf(topology.nodes)
  const done = await apply(dialogue, plan, {
    emit: (event) => {
      if (event.kind !== 'slot-moved') return
      // Lanes run side by side: a line is printed when its slot is done, or two half lines would run into each other.
      burst.add(movedLine(event.slot, nameOf(event.source), nameOf(event.target), event.keys))
    },
    explain: (error) => {
      burst.flush()
      printMoveFailure(error, 'clusterManagerMoveSlot failed', dialogue)
    },
  })
  return done ? 0 : 1
}
