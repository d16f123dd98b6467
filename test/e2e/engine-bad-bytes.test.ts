/** Bytes that no honest client or peer sends: they end a connection at most, never a node, and cost it no memory worth the name. */
import {mkdtempSync, rmSync} from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {type NodeHost, startNodeHost} from '../../src/engine/host/node-host.js'
import {countingRng} from '../support/engine/seeded-rng.js'
import {freePort} from '../support/free-ports.js'

const SEED = 20_261_121
const CONNECTIONS = 60
const MEMORY_BYTES = 32 * 1024 * 1024

type Port = 'client' | 'bus'

describe('an engine node that is sent bad bytes', () => {
  let directory: string
  let node: NodeHost
  let sockets: net.Socket[] = []
  let memoryBefore = 0

  before(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'tscluster-bad-bytes-'))
    const port = await freePort()
    const settings = Object.entries({port: String(port), bind: '127.0.0.1', 'cluster-enabled': 'yes', save: ''})
    node = await startNodeHost({settings, directory, log: () => undefined})
  })

  after(async () => {
    await node.kill()
    rmSync(directory, {recursive: true})
  })

  beforeEach(() => {
    memoryBefore = memoryBytes()
  })

  afterEach(async () => {
    expect(await ping(), 'the node still answers').to.equal('+PONG\r\n')
    expect(memoryBytes() - memoryBefore).to.be.below(MEMORY_BYTES)
    for (const socket of sockets) socket.destroy()
    sockets = []
  })

  function memoryBytes(): number {
    const {heapUsed, arrayBuffers} = process.memoryUsage()
    return heapUsed + arrayBuffers
  }

  function open(port: Port): net.Socket {
    const socket = net.connect({host: '127.0.0.1', port: port === 'bus' ? node.busPort! : node.address.port})
    socket.on('error', () => undefined)
    sockets.push(socket)
    return socket
  }

  /** Until these bytes have left us, or the node has closed the connection. */
  function sent(socket: net.Socket, bytes: Uint8Array | string): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('close', done)
        resolve()
      }
      socket.once('close', done)
      socket.write(bytes, done)
    })
  }

  function ping(): Promise<string> {
    return new Promise((resolve) => {
      const socket = open('client')
      socket.once('data', (chunk) => resolve(chunk.toString()))
      socket.write('PING\r\n')
    })
  }

  function closed(socket: net.Socket): Promise<void> {
    socket.resume()
    return new Promise((resolve) => socket.once('close', () => resolve()))
  }

  for (const port of ['client', 'bus'] as const) {
    it(`random ones, ${port} port, seed ${SEED}`, async () => {
      const rng = countingRng(SEED)
      const noise = (): Uint8Array => Uint8Array.from({length: rng.uint32() % 5000}, () => rng.uint32() & 0xff)
      // Half of them begin as a message of the protocol would.
      const opening = port === 'bus' ? 'RCmb' : '*3\r\n$'
      await Promise.all(
        Array.from({length: CONNECTIONS}, (_, index) => {
          const bytes = Buffer.concat([Buffer.from(index % 2 === 0 ? opening : ''), noise()])
          return sent(open(port), bytes)
        }),
      )
    })
  }

  it('requests that are cut short, by a closed half and by a reset', async () => {
    const whole = '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhello\r\n'
    const cut = Array.from({length: whole.length}, (_, length) => whole.slice(0, length))
    await Promise.all(
      cut.flatMap((bytes) => {
        const [half, reset] = [open('client'), open('client')]
        half.end(bytes)
        return [closed(half), sent(reset, bytes).then(() => reset.resetAndDestroy())]
      }),
    )
  })

  it('huge lengths, of which nothing follows', async () => {
    const announced = [
      '*1048576\r\n',
      '*1\r\n$536000000\r\n',
      '*1\r\n$536000000\r\nabc',
      '*2\r\n$3\r\nGET\r\n$500000000\r\n',
    ]
    await Promise.all(
      Array.from({length: CONNECTIONS}, (_, index) => sent(open('client'), announced[index % announced.length]!)),
    )
  })

  it('lengths beyond all bounds, which end the connection', async () => {
    const refused = ['*99999999999\r\n', '*1\r\n$99999999999999999999\r\n', '*1\r\n$-5\r\n', `*${'9'.repeat(100_000)}`]
    await Promise.all(
      refused.map((bytes) => {
        const socket = open('client')
        socket.write(bytes)
        return closed(socket)
      }),
    )
  })

  it('a packet on the bus that says it is longer than any packet', async () => {
    const header = Buffer.alloc(2256)
    header.write('RCmb')
    header.writeUInt32BE(0xffff_ffff, 4)
    header.writeUInt16BE(1, 8)
    const socket = open('bus')
    socket.write(header)
    await closed(socket)
  })

  it('a request that comes byte by byte, and one without end', async () => {
    const slow = open('client')
    slow.setNoDelay(true)
    const answer = new Promise<string>((resolve) => slow.once('data', (chunk) => resolve(chunk.toString())))
    for (const byte of Buffer.from('*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n')) await sent(slow, Uint8Array.of(byte))
    expect(await answer).to.equal('$2\r\nhi\r\n')
    const endless = open('client')
    endless.write('x'.repeat(200_000))
    await closed(endless)
  })
})
