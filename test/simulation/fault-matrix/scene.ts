/** A little cluster with clients, and a machine with tscluster on it: what every cell of the matrix is played on. */
import {appendFileSync, existsSync, mkdtempSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {keySlot} from '../../../src/engine/keyspace/key-slot.js'
import type {SimNode} from '../../../src/engine/sim/sim-node.js'
import {derivedRng} from '../../../src/engine/sim/seeded-rng.js'
import {Ground, type Shape} from '../../../src/rehearsal/ground.js'
import {keysOf} from '../../../src/rehearsal/node-facts.js'
import {emptyDisk, fillDisk} from './full-disk.js'
import {VirtualProgram, type Ended, type RunOptions, type VirtualRun} from './virtual-program.js'

/** No command takes longer, whatever goes wrong; virtual time. */
export const DEADLINE_MS = 600_000
export const NODE_TIMEOUT_MS = 1_000
const SEED = 1
const LATENCY_MS = {from: 0.1, to: 0.5}
/** In memory, where there is such a place: a sync is not what is tested. */
const FAST_FOLDER = '/dev/shm'

export type Layout = Pick<Shape, 'primaries' | 'replicasEach' | 'spares'>

export class Scene {
  readonly ground: Ground
  readonly program: VirtualProgram
  /** A server that is no node of a cluster, where one was asked for. */
  #standalone: SimNode | undefined
  readonly #home: string
  readonly #runs: VirtualRun[] = []
  readonly #others: VirtualRun[] = []
  #othersEnded: Promise<unknown> = Promise.resolve()
  #othersText = ''

  constructor(layout: Layout) {
    const trace = process.env['MATRIX_TRACE']
    const onLine = trace === undefined ? undefined : (line: string) => appendFileSync(trace, `${line}\n`)
    const shape = {...layout, nodeTimeoutMs: NODE_TIMEOUT_MS, latencyMs: LATENCY_MS}
    this.ground = new Ground(SEED, shape, onLine)
    this.ground.stage.isOutsideBusy = readsFiles
    this.#home = mkdtempSync(path.join(existsSync(FAST_FOLDER) ? FAST_FOLDER : os.tmpdir(), 'tscluster-matrix-'))
    this.program = new VirtualProgram(this.ground.stage, this.#home)
    this.ground.load(derivedRng(SEED, 'data'))
  }

  get folder(): string {
    return this.#home
  }

  get standalone(): SimNode | undefined {
    return this.#standalone
  }

  /** Nodes in cluster mode. */
  get nodes(): SimNode[] {
    return this.ground.nodes.filter((node) => node !== this.#standalone)
  }

  node(index: number): SimNode {
    return this.ground.nodes[index]!
  }

  name(index: number): string {
    return this.node(index).name
  }

  /** A server without cluster mode. */
  addStandalone(): SimNode {
    return (this.#standalone = this.ground.simulator.addNode({config: {'cluster-enabled': 'no'}}))
  }

  /** Slots of a node in which there are keys, each once, in order. */
  slotsWithKeys(index: number): number[] {
    return [...new Set(keysOf(this.node(index)).map(keySlot))].sort((a, b) => a - b)
  }

  async start(words: readonly string[], options: Partial<RunOptions> = {}): Promise<VirtualRun> {
    const run = await this.program.start(words, {...options, countOf: this.#countOf})
    this.#runs.push(run)
    return run
  }

  /** To its end. @throws Overdue */
  async run(words: readonly string[]): Promise<Ended> {
    return this.ended(await this.start(words), words.join(' '))
  }

  /** @throws Overdue */
  async ended(run: VirtualRun, what: string): Promise<Ended> {
    const ended = await this.ground.stage.until(what, run.ended, DEADLINE_MS, () => run.tool.isDead)
    return ended ?? {exitCode: null, result: {}, text: run.text}
  }

  /** Somebody else, on another machine, types this. */
  another(words: readonly string[]): void {
    const machine = new VirtualProgram(this.ground.stage, path.join(this.#home, 'another'))
    const started = machine.start(words, {countOf: this.#countOf})
    const ended = started.then(async (run) => {
      this.#others.push(run)
      this.#othersText += `--- another: tscluster ${words.join(' ')}\n${(await run.ended).text}`
    })
    this.#othersEnded = Promise.all([this.#othersEnded, ended])
  }

  /** @throws Overdue */
  async othersEnded(): Promise<string> {
    await this.ground.stage.until('the other command', this.#othersEnded, DEADLINE_MS)
    return this.#othersText
  }

  /** Nodes that most of the others know: one that was taken out of the cluster is no part of the judgement. */
  get members(): SimNode[] {
    const running = this.nodes.filter(({isRunning}) => isRunning)
    const knowing = (id: string): number =>
      running.filter((node) => node.id !== id && node.core.server.cluster!.state.nodes.has(id)).length
    return running.filter((node) => 2 * knowing(node.id!) >= running.length - 1)
  }

  fillDisk(): void {
    fillDisk()
  }

  emptyDisk(): void {
    emptyDisk()
  }

  /** Whatever still runs. */
  kill(): void {
    for (const run of [...this.#runs, ...this.#others]) run.tool.die()
  }

  /** The machine's memory of it all. */
  remove(): void {
    rmSync(this.#home, {recursive: true, force: true})
  }

  readonly #countOf = (address: string, slot: number): number => {
    const node = this.ground.nodes.find(({name}) => name === address)
    return node?.isRunning === true ? (countsOf(node).get(slot) ?? 0) : 0
  }
}

/** Commands load their modules when they need them, and read plans. */
function readsFiles(): boolean {
  return process.getActiveResourcesInfo().some((kind) => kind.startsWith('FSReq') || kind === 'FileHandleCloseReq')
}

/** Of the last node that was asked, at that moment: counts come 16,384 in a row. */
let counted: {readonly node: SimNode; readonly atMs: number; readonly counts: Map<number, number>} | undefined

function countsOf(node: SimNode): ReadonlyMap<number, number> {
  if (counted?.node === node && counted.atMs === node.nowMs) return counted.counts
  const counts = new Map<number, number>()
  for (const key of keysOf(node)) counts.set(keySlot(key), (counts.get(keySlot(key)) ?? 0) + 1)
  counted = {node, atMs: node.nowMs, counts}
  return counts
}
