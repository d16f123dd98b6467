import {expect} from 'chai'
import {SlowWire} from '../../../../src/engine/host/slow-wire.js'
import type {SocketEvents} from '../../../../src/engine/host/tcp-transport.js'
import type {Clock, Transport} from '../../../../src/engine/ports.js'

/** Time that moves when the test says so. */
class PaperClock implements Clock {
  #nowMs = 0
  #timers: {atMs: number; run: () => void}[] = []

  nowMs(): number {
    return this.#nowMs
  }

  every(): () => void {
    return () => undefined
  }

  after(ms: number, run: () => void): () => void {
    const timer = {atMs: this.#nowMs + ms, run}
    this.#timers.push(timer)
    return () => (this.#timers = this.#timers.filter((each) => each !== timer))
  }

  soon(run: () => void): void {
    this.after(0, run)
  }

  advance(ms: number): void {
    for (const endMs = this.#nowMs + ms; this.#nowMs < endMs;) {
      this.#nowMs++
      const due = this.#timers.filter(({atMs}) => atMs <= this.#nowMs)
      this.#timers = this.#timers.filter(({atMs}) => atMs > this.#nowMs)
      for (const {run} of due) run()
    }
  }
}

describe('a slow wire', () => {
  const PEER = {host: '127.0.0.1', port: 1}
  let clock: PaperClock
  let heard: string[]
  let wire: SlowWire

  beforeEach(() => {
    clock = new PaperClock()
    heard = []
    const events = {
      clientOpened: (id: number) => heard.push(`opened ${id}`),
      clientBytes: (id: number, chunk: Uint8Array) => heard.push(`bytes ${id} ${Buffer.from(chunk).toString()}`),
      clientClosed: (id: number) => heard.push(`closed ${id}`),
    } as unknown as SocketEvents
    const transport = {
      send: (link: number, bytes: Uint8Array) => heard.push(`sent ${link} ${Buffer.from(bytes).toString()}`),
      hangUp: (link: number) => heard.push(`hung up ${link}`),
    } as unknown as Transport
    wire = new SlowWire({events, transport, clock, pass: (tell) => tell()})
    wire.latencyMs = 50
  })

  it('takes half of its latency each way, and keeps the order', () => {
    wire.clientOpened(1, PEER, PEER)
    wire.clientBytes(1, Buffer.from('a'))
    wire.clientClosed(1)
    wire.send(2, Buffer.from('b'))
    wire.hangUp(2)
    clock.advance(24)
    expect(heard).to.deep.equal([])
    clock.advance(1)
    expect(heard).to.deep.equal(['opened 1', 'bytes 1 a', 'closed 1', 'sent 2 b', 'hung up 2'])
  })

  it('keeps the bytes of a chunk that belongs to somebody else', () => {
    const chunk = Buffer.from('mine')
    wire.clientBytes(1, chunk)
    chunk.fill('x')
    clock.advance(25)
    expect(heard).to.deep.equal(['bytes 1 mine'])
  })

  it('lets nothing overtake when it becomes quicker', () => {
    wire.clientBytes(1, Buffer.from('first'))
    wire.latencyMs = 2
    wire.clientBytes(1, Buffer.from('second'))
    clock.advance(24)
    expect(heard).to.deep.equal([])
    clock.advance(1)
    expect(heard).to.deep.equal(['bytes 1 first', 'bytes 1 second'])
  })

  it('hands over at once what is under way when it is quick again', () => {
    wire.clientBytes(1, Buffer.from('question'))
    wire.send(2, Buffer.from('answer'))
    wire.finish()
    expect(heard).to.deep.equal(['sent 2 answer', 'bytes 1 question'])
    clock.advance(100)
    expect(heard).to.have.length(2)
  })

  it('loses what is under way when its node dies', () => {
    wire.clientBytes(1, Buffer.from('never heard'))
    wire.destroy()
    clock.advance(100)
    expect(heard).to.deep.equal([])
  })
})
