/**
 * A small world of primaries whose open questions are a handful of slots: it can be looked at (toView) and steps can be
 * carried out on it in single commands, so that a plan can be cut off between any two of them. It refuses what servers refuse.
 */
import type {NodeId} from '../../src/model/node-id.js'
import type {SlotId} from '../../src/model/slot.js'
import {SlotSet} from '../../src/model/slot-set.js'
import type {Plan} from '../../src/manager/plan/plan.js'
import type {Step, StepOf} from '../../src/manager/plan/step.js'
import type {ClusterView} from '../../src/manager/view/cluster-view.js'
import {addressOf, evenSlots, nodeLine, nodeView, primaryId} from './topologies.js'

export interface WorldNode {
  readonly id: NodeId
  configEpoch: number
  readonly claims: Set<SlotId>
  /** Owners of the slots in question, by this node's account. */
  readonly believes: Map<SlotId, NodeId>
  readonly migrating: Map<SlotId, NodeId>
  readonly importing: Map<SlotId, NodeId>
  readonly keys: Map<SlotId, Set<string>>
}

type Command = () => void

export class SlotWorld {
  readonly nodes: readonly WorldNode[]
  readonly #slots: readonly SlotId[]

  /** @param slots those in question; all others have one owner, on which everybody agrees */
  constructor(primaries: number, slots: readonly SlotId[]) {
    this.#slots = slots
    this.nodes = Array.from({length: primaries}, (_, index) => ({
      id: primaryId(index),
      configEpoch: index + 1,
      claims: new Set(),
      believes: new Map(),
      migrating: new Map(),
      importing: new Map(),
      keys: new Map(),
    }))
  }

  /** Everybody agrees that `owner` serves the slot. */
  give(slot: SlotId, owner: number): void {
    this.nodes[owner]!.claims.add(slot)
    for (const node of this.nodes) node.believes.set(slot, this.nodes[owner]!.id)
  }

  put(slot: SlotId, node: number, ...keys: readonly string[]): void {
    const here = this.nodes[node]!.keys
    here.set(slot, new Set([...(here.get(slot) ?? []), ...keys]))
  }

  /** `node: key` for each key in question. */
  allKeys(): string[] {
    return this.nodes.flatMap(({keys}) => [...keys.values()].flatMap((names) => [...names])).sort()
  }

  /** Keys that are not where their slot is served. */
  strandedKeys(): string[] {
    return this.nodes.flatMap(({keys, claims}) =>
      [...keys].flatMap(([slot, names]) => (claims.has(slot) ? [] : [...names])),
    )
  }

  toView(): ClusterView {
    const hosts = this.nodes.length
    const common = evenSlots(hosts).map((slots) => SlotSet.parse(slots)!.minus(SlotSet.of(this.#slots)))
    const views = this.nodes.map((node) => {
      const lines = this.nodes.map((about, index) => {
        const mine = this.#slots.filter((slot) =>
          about === node ? node.claims.has(slot) : node.believes.get(slot) === about.id,
        )
        const open = about === node ? {migrating: node.migrating, importing: node.importing} : {}
        const slots = common[index]!.union(SlotSet.of(mine))
        return nodeLine({
          id: about.id,
          address: addressOf(index, hosts),
          configEpoch: about.configEpoch,
          slots,
          ...open,
        })
      })
      return nodeView({line: lines.find(({id}) => id === node.id)!, peers: lines.filter(({id}) => id !== node.id)})
    })
    const count = (slot: SlotId): Map<NodeId, number> =>
      new Map(this.nodes.map(({id, keys}) => [id, keys.get(slot)?.size ?? 0]))
    return {
      entry: views[0]!.address,
      nodes: views,
      silent: [],
      keysInSlot: new Map(this.#slots.map((slot) => [slot, count(slot)])),
    }
  }

  /** Carries out the first `limit` commands of a plan and says how many there would have been. */
  run(plan: Plan, limit = Infinity): number {
    let sent = 0
    for (const phase of plan.phases) {
      for (const step of phase.steps) {
        for (const command of this.#commandsOf(step)) {
          if (sent++ < limit) command()
          else return sent
        }
      }
    }
    return sent
  }

  /** Claims spread: a node believes the claimant with the highest epoch, unless it knows a higher one or imports the slot. */
  gossip(): void {
    for (const node of this.nodes) {
      for (const slot of this.#slots) {
        const claimant = this.nodes
          .filter(({claims}) => claims.has(slot))
          .sort((a, b) => b.configEpoch - a.configEpoch)[0]
        if (claimant === undefined || node.claims.has(slot) || node.importing.has(slot)) continue
        const believed = this.nodes.find(({id}) => id === node.believes.get(slot))
        if (believed === undefined || believed.configEpoch < claimant.configEpoch) node.believes.set(slot, claimant.id)
      }
    }
  }

  *#commandsOf(step: Step): Generator<Command> {
    switch (step.kind) {
      case 'claim-slots':
        yield () => this.#claim(step)
        return
      case 'assign-slots':
        for (const slot of slotsOf(step)) yield () => this.#assign(step.node, slot, step.owner)
        return
      case 'close-slots':
        for (const slot of slotsOf(step)) yield () => this.#close(step.node, slot)
        return
      case 'move-slots':
        for (const slot of slotsOf(step)) yield* this.#move(slot, step.source, step.target)
        return
      case 'collect-keys':
        yield* this.#collect(step)
        return
      case 'wait-agreement':
        yield () => this.gossip()
        return
      default:
        throw new Error(`this world knows no ${step.kind}`)
    }
  }

  #claim({node: id, slots}: StepOf<'claim-slots'>): void {
    const node = this.#node(id)
    for (const slot of slotsOf({slots})) {
      node.claims.add(slot)
      node.believes.set(slot, id)
      this.#close(id, slot)
    }
    this.#bumpEpoch(node)
  }

  #assign(id: NodeId, slot: SlotId, owner: NodeId): void {
    const node = this.#node(id)
    if (owner === id) {
      if (node.importing.delete(slot)) this.#bumpEpoch(node)
      node.claims.add(slot)
    } else if (node.claims.has(slot)) {
      if (!this.#mayAssign(id, slot)) throw new Error(`Can't assign hashslot ${slot} to a different node`)
      node.claims.delete(slot)
    }
    if (this.#keysOn(id, slot).size === 0) node.migrating.delete(slot)
    node.believes.set(slot, owner)
  }

  #mayAssign(id: NodeId, slot: SlotId): boolean {
    return !this.#node(id).claims.has(slot) || this.#keysOn(id, slot).size === 0
  }

  #close(id: NodeId, slot: SlotId): void {
    this.#node(id).migrating.delete(slot)
    this.#node(id).importing.delete(slot)
  }

  *#move(slot: SlotId, sourceId: NodeId, targetId: NodeId): Generator<Command> {
    const [source, target] = [this.#node(sourceId), this.#node(targetId)]
    if (!source.claims.has(slot)) {
      if (!target.claims.has(slot)) throw new Error(`${sourceId} does not own slot ${slot} any more`)
      return
    }
    if (!target.claims.has(slot)) yield () => target.importing.set(slot, sourceId)
    yield () => source.migrating.set(slot, targetId)
    yield* this.#migrate(slot, source, target)
    yield () => this.#assign(targetId, slot, targetId)
    yield () => this.#assign(sourceId, slot, targetId)
    for (const {id} of this.nodes) {
      // Others are told, but may refuse: one that holds keys of the slot itself does.
      if (id !== sourceId && id !== targetId) {
        yield () => void (this.#mayAssign(id, slot) && this.#assign(id, slot, targetId))
      }
    }
  }

  *#collect({slot, source: sourceId, target: targetId}: StepOf<'collect-keys'>): Generator<Command> {
    const [source, target] = [this.#node(sourceId), this.#node(targetId)]
    yield () => {
      if (source.claims.has(slot)) throw new Error(`I'm already the owner of hash slot ${slot}`)
      source.importing.set(slot, targetId)
    }
    yield* this.#migrate(slot, source, target)
    yield () => this.#close(sourceId, slot)
  }

  *#migrate(slot: SlotId, source: WorldNode, target: WorldNode): Generator<Command> {
    for (const key of [...this.#keysOn(source.id, slot)]) {
      yield () => {
        if (!target.importing.has(slot) && !target.claims.has(slot)) throw new Error(`MOVED ${slot}`)
        if (target.claims.has(slot) && target.migrating.has(slot)) throw new Error(`ASK ${slot}`)
        this.#keysOn(source.id, slot).delete(key)
        this.put(slot, this.nodes.indexOf(target), key)
      }
    }
  }

  #bumpEpoch(node: WorldNode): void {
    const highest = Math.max(...this.nodes.map(({configEpoch}) => configEpoch))
    const alone = this.nodes.every((other) => other === node || other.configEpoch < highest)
    if (node.configEpoch < highest || !alone) node.configEpoch = highest + 1
  }

  #keysOn(id: NodeId, slot: SlotId): Set<string> {
    const {keys} = this.#node(id)
    const here = keys.get(slot) ?? new Set<string>()
    keys.set(slot, here)
    return here
  }

  #node(id: NodeId): WorldNode {
    return this.nodes.find((node) => node.id === id)!
  }
}

function slotsOf({slots}: {readonly slots: string}): SlotSet {
  return SlotSet.parse(slots)!
}
