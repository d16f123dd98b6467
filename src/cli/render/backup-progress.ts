/** How far a backup is: one line, redrawn, on a terminal; one line every few seconds elsewhere. */
import type {BackupEvent} from '../../manager/backup/backup.js'
import type {ManagerClock} from '../../manager/ports.js'
import type {NodeId} from '../../model/node-id.js'
import type {Output} from '../world.js'
import {formatBytes} from './numbers.js'

const REDRAW_MS = 100
const LINE_EVERY_MS = 3_000

export class BackupProgress {
  readonly #output: Output
  readonly #clock: ManagerClock
  readonly #quiet: boolean
  readonly #bytes = new Map<NodeId, number>()
  readonly #announced = new Map<NodeId, number>()
  #finished = 0
  #drawnMs: number
  #isDrawn = false
  readonly #ended = new AbortController()

  constructor(output: Output, clock: ManagerClock, {quiet}: {readonly quiet: boolean}) {
    this.#output = output
    this.#clock = clock
    this.#quiet = quiet
    this.#drawnMs = output.isTerminal ? -Infinity : clock.nowMs()
  }

  event(event: BackupEvent): void {
    if (event.kind === 'node-started') this.#bytes.set(event.node, 0)
    if (event.kind === 'transfer-started') this.#announced.set(event.node, event.announcedBytes ?? 0)
    if (event.kind === 'transferred') this.#bytes.set(event.node, event.bytes)
    if (event.kind === 'node-finished') this.#finished++
    this.#draw()
  }

  /** Draws also while nothing happens: a primary may need minutes before it sends its first byte. */
  async run(): Promise<void> {
    const {signal} = this.#ended
    while (!signal.aborted) {
      await this.#clock.sleep(this.#output.isTerminal ? REDRAW_MS : LINE_EVERY_MS, signal)
      if (!signal.aborted) this.#draw()
    }
  }

  /** Takes the line away for good. */
  end(): void {
    this.#ended.abort()
    if (this.#isDrawn) this.#output.write('\r\u001b[K')
    this.#isDrawn = false
  }

  #draw(): void {
    const nowMs = this.#clock.nowMs()
    if (this.#quiet || nowMs - this.#drawnMs < (this.#output.isTerminal ? REDRAW_MS : LINE_EVERY_MS)) return
    this.#drawnMs = nowMs
    const line = this.#line()
    if (!this.#output.isTerminal) return this.#output.write(`${line}\n`)
    this.#output.write(`\r\u001b[K${line.slice(0, Math.max(20, this.#output.columns - 1))}`)
    this.#isDrawn = true
  }

  #line(): string {
    const announced = sum(this.#announced)
    const received = sum(this.#bytes)
    const busy = this.#bytes.size - this.#finished
    const nodes = `${this.#finished} saved, ${busy} under way`
    if (received === 0) return `backup: ${nodes}; waiting for their data`
    return `backup: ${nodes}; ${formatBytes(received)}${announced > received ? ` of ${formatBytes(announced)} so far` : ''}`
  }
}

function sum(values: ReadonlyMap<NodeId, number>): number {
  let total = 0
  for (const value of values.values()) total += value
  return total
}
