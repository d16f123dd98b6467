/** Makes drawn faults happen at their time, and takes them back when their time, or everybody's, is over. */
import type {SimNode} from '../engine/sim/sim-node.js'
import type {Fault} from './faults.js'
import type {Ground} from './ground.js'
import {isReplica} from './node-facts.js'
import type {ToolProcess} from './tool-process.js'

/** Of a disk that is about to die: each sync takes so long. */
const SLOW_DISK = {syncMs: 120, megabyteMs: 200}
const USUAL_DISK = {syncMs: 0.5, megabyteMs: 1}

export class FaultPlan {
  readonly #ground: Ground
  readonly #tool: ToolProcess
  readonly #startSecondTool: () => void
  /** What takes back a fault that is going on. */
  readonly #remedies = new Set<() => void>()
  readonly #cancels: (() => void)[] = []
  #lastEndMs = 0

  constructor(ground: Ground, tool: ToolProcess, startSecondTool: () => void) {
    this.#ground = ground
    this.#tool = tool
    this.#startSecondTool = startSecondTool
  }

  /** When the last of them is over by itself, unix ms of the simulation. */
  get lastEndMs(): number {
    return this.#lastEndMs
  }

  schedule(faults: readonly Fault[]): void {
    for (const fault of faults) {
      if (fault.kind === 'kill-tool') continue
      this.#after(fault.atMs, () => this.#begin(fault))
    }
  }

  /** No more of it: what goes on is taken back, what was to come does not. */
  calm(): void {
    for (const cancel of this.#cancels) cancel()
    for (const remedy of [...this.#remedies]) remedy()
  }

  #begin(fault: Exclude<Fault, {kind: 'kill-tool'}>): void {
    const {faults} = this.#ground.simulator
    switch (fault.kind) {
      case 'interrupt-tool':
        this.#tool.interrupt()
        if (fault.again) this.#tool.interrupt()
        return
      case 'second-tool':
        return this.#startSecondTool()
      case 'partition':
        faults.partition(fault.away.map((index) => this.#node(index)))
        return this.#endsIn(fault.forMs, () => faults.heal())
      case 'clock-drift':
        return faults.drift(this.#node(fault.node), fault.ppm)
      case 'slow-link':
        faults.slow(this.#node(fault.node), fault.ms)
        return this.#endsIn(fault.forMs, () => faults.slow(this.#node(fault.node), 0))
      default:
        return this.#beginAtNode(fault, this.#node(fault.node))
    }
  }

  #beginAtNode(fault: Extract<Fault, {node: number}>, node: SimNode): void {
    if (!node.isRunning) return
    const {faults} = this.#ground.simulator
    switch (fault.kind) {
      case 'crash':
        this.#ground.losses.goingDown(node)
        node.crash()
        return this.#endsIn(fault.forMs, () => this.#restart(node))
      case 'pause':
        node.pause()
        return this.#endsIn(fault.forMs, () => node.resume())
      case 'cut-connections':
        return faults.cutConnections(node)
      case 'slow-disk':
        faults.slowDisk(node, SLOW_DISK)
        return this.#endsIn(fault.forMs, () => faults.slowDisk(node, USUAL_DISK))
      case 'failing-disk':
        this.#ground.losses.goingDown(node)
        faults.failDisk(node)
        return this.#endsIn(fault.forMs, () => {
          faults.mendDisk(node)
          this.#restart(node)
        })
      case 'out-of-memory':
        node.usedMemoryBytes = Infinity
        return this.#endsIn(fault.forMs, () => (node.usedMemoryBytes = 0))
      case 'failover':
        if (isReplica(node)) node.call('CLUSTER', 'FAILOVER', ...(fault.mode === 'normal' ? [] : [fault.mode]))
        return
      case 'clock-drift':
      case 'slow-link':
        return
    }
  }

  #restart(node: SimNode): void {
    if (node.isRunning) return
    try {
      node.restart()
    } catch (error) {
      this.#ground.violated(`node cannot start again: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  #endsIn(ms: number, remedy: () => void): void {
    const once = (): void => {
      if (this.#remedies.delete(once)) remedy()
    }
    this.#remedies.add(once)
    this.#after(ms, once)
  }

  #after(ms: number, run: () => void): void {
    const {simulator} = this.#ground
    this.#lastEndMs = Math.max(this.#lastEndMs, simulator.nowMs + ms)
    this.#cancels.push(simulator.schedule(ms, run))
  }

  #node(index: number): SimNode {
    return this.#ground.nodes[index]!
  }
}
