/** The part of `--cluster fix` that finishes or closes moves which were left half-way: redis-cli's cases 1 to 4. */
import type {NodeId} from '../../model/node-id.js'
import type {SlotId} from '../../model/slot.js'
import {SlotSet} from '../../model/slot-set.js'
import type {Emit, StepId} from '../../manager/execute/event.js'
import {uncoveredSlots} from '../../manager/check/coverage.js'
import {openSlots} from '../../manager/check/doubtful-slots.js'
import type {FixAction, FixCase} from '../../manager/plan/fix-action.js'
import type {StepOf} from '../../manager/plan/step.js'
import type {ClusterView} from '../../manager/view/cluster-view.js'
import type {NodeView} from '../../manager/view/node-view.js'
import {shownView} from './cluster.js'
import type {Printer} from './printer.js'
import type {Repair} from './repair.js'
import {nameOf} from './rows.js'
import {movedLine} from './slot-lines.js'

const OPEN_SLOT_CASES: ReadonlySet<FixCase> = new Set([
  ...(['case-1', 'case-2', 'case-3-move', 'case-3-close', 'case-4'] as const),
  ...(['many-sided', 'no-owner', 'several-owners', 'stray-keys'] as const),
])

/**
 * Keys cannot move while the cluster is down: what needs that waits until its slots are covered.
 * @param waits pass over what has to wait, without a word
 * @returns false when something could not be done; why was printed then
 */
export async function fixOpenSlots(repair: Repair, {waits}: {readonly waits: boolean}): Promise<boolean> {
  const {print} = repair.dialogue
  const isDown = uncoveredSlots(repair.cluster.view).size > 0
  const all = repair.actions(OPEN_SLOT_CASES).filter((action) => isOpen(action, repair))
  const later = all.filter((action) => waits && isDown && movesKeys(action))
  const now = all.filter((action) => !later.includes(action))
  const withheld = now.filter((action) => action.withheld !== null)
  for (const {slots, withheld: why} of withheld) print.error(`[ERR] Can't fix slots ${slots}: ${why!.reason}`)
  const feasible = now.filter((action) => action.withheld === null)
  const done = feasible.length === 0 || (await run(repair, feasible))
  return done && withheld.length === 0
}

function isOpen({slots}: FixAction, {cluster}: Repair): boolean {
  return slotsOf(slots).intersection(openSlots(shownView(cluster))).size > 0
}

function movesKeys({steps}: FixAction): boolean {
  return steps.some(({kind}) => kind === 'move-slots' || kind === 'collect-keys')
}

async function run(repair: Repair, actions: readonly FixAction[]): Promise<boolean> {
  const headings = new Headings(actions, repair)
  const done = await repair.carryOut(
    actions,
    narrator(repair, (slot) => headings.printOnce(slot)),
  )
  if (done) for (const {slots} of actions) for (const slot of slotsOf(slots)) headings.printOnce(slot)
  return done
}

/**
 * Events of moves in redis-cli's words.
 * @param before called before the first line about a slot
 */
export function narrator({dialogue, nameOf: name}: Repair, before: (slot: SlotId) => void = () => undefined): Emit {
  const {print} = dialogue
  const collecting = new Map<StepId, {readonly step: StepOf<'collect-keys'>; keys: number}>()
  return (event) => {
    if (event.kind === 'slot-moved') {
      before(event.slot)
      print.write(movedLine(event.slot, name(event.source), name(event.target), event.keys))
    }
    if (event.kind === 'step-started' && event.does.kind === 'collect-keys') {
      collecting.set(event.step, {step: event.does, keys: 0})
    }
    const collected = 'step' in event ? collecting.get(event.step) : undefined
    if (collected === undefined) return
    const {slot, source, target} = collected.step
    if (event.kind === 'keys-moved') collected.keys += event.keys
    if (event.kind !== 'step-finished') return
    before(slot)
    print.write(movedLine(slot, name(source), name(target), collected.keys))
    print.info(`>>> Setting ${slot} as STABLE in ${name(source)}`)
  }
}

/** What redis-cli says of a slot before it acts; each once, whenever the slot's turn comes. */
class Headings {
  readonly #print: Printer
  readonly #nameOf: (id: NodeId) => string
  readonly #keys: ClusterView['keysInSlot']
  readonly #nodes: readonly NodeView[]
  readonly #actions = new Map<SlotId, FixAction>()

  constructor(actions: readonly FixAction[], repair: Repair) {
    this.#print = repair.dialogue.print
    this.#nameOf = repair.nameOf
    this.#keys = repair.cluster.view.keysInSlot
    this.#nodes = repair.cluster.nodes.filter(({line}) => !line.flags.has('replica'))
    for (const action of actions) for (const slot of slotsOf(action.slots)) this.#actions.set(slot, action)
  }

  printOnce(slot: SlotId): void {
    const action = this.#actions.get(slot)
    if (action === undefined) return
    this.#actions.delete(slot)
    const print = this.#print
    print.info(`>>> Fixing open slot ${slot}`)
    this.#printKeys(slot)
    const migrating = this.#nodes.filter(({line}) => line.migrating.has(slot))
    const importing = this.#nodes.filter(({line}) => line.importing.has(slot))
    if (migrating.length > 0) print.line(`Set as migrating in: ${migrating.map(nameOf).join(',')}`)
    if (importing.length > 0) print.line(`Set as importing in: ${importing.map(nameOf).join(',')}`)
    for (const line of this.#decision(slot, action)) print.info(line)
  }

  #printKeys(slot: SlotId): void {
    const counts = this.#keys.get(slot)
    const strangers = this.#nodes.filter(({id, line}) => !line.slots.has(slot) && (counts?.get(id) ?? 0) > 0)
    for (const node of strangers) {
      this.#print.warning(`*** Found keys about slot ${slot} in non-owner node ${nameOf(node)}!`)
    }
  }

  #decision(slot: SlotId, action: FixAction): string[] {
    const owner = this.#name(action.owner)
    const route = `slot ${slot} from ${this.#name(action.source)} to ${owner}`
    switch (action.case) {
      case 'case-1':
        return [`>>> Case 1: Moving ${route}`]
      case 'case-2':
        return [`>>> Case 2: Moving all the ${slot} slot keys to its owner ${owner}`]
      case 'case-3-move':
        return [`>>> Case 3: Moving ${route} and closing it on all the other importing nodes.`]
      case 'case-3-close':
        return [`>>> Case 3: Closing slot ${slot} on both migrating and importing nodes.`]
      case 'case-4':
        return [`>>> Case 4: Closing slot ${slot} on ${owner}`]
      case 'no-owner':
      case 'several-owners':
        return [`>>> No single clear owner for the slot, ${this.#choice(slot, action)}`]
      default:
        return [`>>> ${action.title}`]
    }
  }

  /** Where no single node owns the slots of an action, each is claimed by one of its own. */
  #choice(slot: SlotId, {owner, steps}: FixAction): string {
    const claim = steps.find((step) => step.kind === 'claim-slots' && slotsOf(step.slots).has(slot))
    const chosen = owner ?? (claim?.kind === 'claim-slots' ? claim.node : null)
    return `choosing one...\n*** Configuring ${this.#name(chosen)} as the slot owner`
  }

  #name(id: NodeId | null): string {
    return id === null ? 'the others' : this.#nameOf(id)
  }
}

/** Slots that a plan has printed. */
export function slotsOf(text: string): SlotSet {
  return SlotSet.parse(text) ?? SlotSet.EMPTY
}
