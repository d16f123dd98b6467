import {mkdtempSync, rmSync} from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {type NodeHost, startNodeHost} from '../../../../src/engine/host/node-host.js'
import {freePort} from '../../../support/free-ports.js'

describe('a node on real sockets', () => {
  let directory: string
  let node: NodeHost
  const sockets: net.Socket[] = []

  beforeEach(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'tscluster-host-'))
    node = await start(await freePort())
  })

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    await node.kill()
    rmSync(directory, {recursive: true, force: true})
  })

  function start(port: number): Promise<NodeHost> {
    const settings = Object.entries({port: String(port), bind: '127.0.0.1', 'enable-debug-command': 'yes', save: ''})
    return startNodeHost({settings, directory: path.join(directory, String(port)), log: () => undefined})
  }

  function connect({port} = node.address): net.Socket {
    const socket = net.connect({host: '127.0.0.1', port, allowHalfOpen: true})
    socket.on('error', () => undefined)
    sockets.push(socket)
    return socket
  }

  /** Everything that arrives until there are so many bytes. */
  function received(socket: net.Socket, length: number): Promise<string> {
    return new Promise((resolve) => {
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        if (text.length >= length) resolve(text)
      })
    })
  }

  function ended(socket: net.Socket): Promise<string> {
    return new Promise((resolve) => {
      let text = ''
      socket.on('data', (chunk) => (text += chunk.toString('latin1')))
      socket.on('close', () => resolve(text))
      socket.on('end', () => socket.end())
    })
  }

  const PONG = '+PONG\r\n'

  it('answers a pipeline in one piece and in order', async () => {
    const socket = connect()
    socket.write('PING\r\nECHO a\r\nPING\r\n')
    expect(await received(socket, 21)).to.equal(`${PONG}$1\r\na\r\n${PONG}`)
  })

  it('answers a client that closed its half after the last request', async () => {
    const socket = connect()
    const said = ended(socket)
    socket.end('PING\r\nPING\r\n')
    expect(await said).to.equal(PONG + PONG)
  })

  it('answers what it refuses, then closes', async () => {
    const socket = connect()
    const said = ended(socket)
    socket.write('PING\r\n*1\r\n!\r\n')
    expect(await said).to.equal(`${PONG}-ERR Protocol error: expected '$', got '!'\r\n`)
  })

  it('takes and gives values larger than any buffer', async () => {
    const socket = connect()
    const value = 'v'.repeat(3_000_000)
    socket.write(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${value.length}\r\n${value}\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`)
    const reply = `+OK\r\n$${value.length}\r\n${value}\r\n`
    expect((await received(socket, reply.length)) === reply).to.equal(true)
  })

  it('is silent while it is paused, and answers when it goes on', async () => {
    const other = await start(await freePort())
    const socket = connect()
    const pong = received(socket, PONG.length)
    await new Promise((resolve) => socket.once('connect', resolve))
    node.pause()
    socket.write('PING\r\n')
    const neighbour = connect(other.address)
    neighbour.write('PING\r\n'.repeat(3))
    await received(neighbour, PONG.length * 3)
    expect(socket.bytesRead).to.equal(0)
    node.resume()
    expect(await pong).to.equal(PONG)
    await other.kill()
  })

  it('sleeps whole: nobody is answered before it wakes, then everybody, in order', async () => {
    const [sleeper, other] = [connect(), connect()]
    const answers: string[] = []
    const both = Promise.all([
      received(sleeper, 5 + PONG.length).then((text) => answers.push(text)),
      received(other, PONG.length).then((text) => answers.push(text)),
    ])
    const startedMs = performance.now()
    sleeper.write('DEBUG SLEEP 0.05\r\nPING\r\n', () => other.write('PING\r\n'))
    await both
    expect(performance.now() - startedMs).to.be.at.least(49)
    expect(answers.sort()).to.deep.equal([`+OK\r\n${PONG}`, PONG])
  })

  it('lets the port go when it is stopped, and says how it ended', async () => {
    const {port} = node.address
    const socket = connect()
    socket.write('PING\r\n')
    await received(socket, PONG.length)
    const [end] = await Promise.all([node.stop(), ended(socket)])
    expect(end).to.deep.equal({how: 'shutdown'})
    node = await start(port)
  })

  it('drops everybody when it is killed or crashes', async () => {
    const killed = ended(connect())
    const socket = connect()
    socket.write('PING\r\n')
    await received(socket, PONG.length)
    expect(await node.kill()).to.deep.equal({how: 'killed'})
    expect(await killed).to.equal('')
    node = await start(node.address.port)
    const crashing = connect()
    crashing.write('DEBUG SEGFAULT\r\n')
    expect(await ended(crashing)).to.equal('')
    expect(await node.closed).to.deep.equal({how: 'crash', signal: 'SIGSEGV'})
  })

  it('refuses a port that is taken, and a directive that is wrong, in one line', async () => {
    const taken = await start(node.address.port).catch((error: unknown) => String(error))
    expect(taken).to.match(/^ListenError: Could not listen on 127\.0\.0\.1:\d+: address already in use$/)
    const wrong = await startNodeHost({settings: [['databases', 'many']], directory}).catch((error: unknown) =>
      String(error),
    )
    expect(wrong).to.match(/^Error: The directive "databases many" cannot be used: .+$/)
  })
})
