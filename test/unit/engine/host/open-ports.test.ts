import net from 'node:net'
import {expect} from 'chai'
import {ListenError} from '../../../../src/engine/host/listener.js'
import {OpenPorts, type PortsWish} from '../../../../src/engine/host/open-ports.js'
import {freePort} from '../../../support/free-ports.js'

const HOST = '127.0.0.1'
const BACKLOG = 16

describe('the ports of a node', () => {
  let ports: OpenPorts
  let port: number
  let other: number
  let missed: string[]

  beforeEach(async () => {
    missed = []
    const greet =
      (text: string) =>
      (socket: net.Socket): void =>
        void socket.end(text)
    ports = new OpenPorts({plain: greet('plain'), secure: greet('secure')}, ({host}) => missed.push(host))
    ;[port, other] = [await freePort(), await freePort()]
    await ports.open({bind: HOST, port, tlsPort: 0}, BACKLOG)
  })
  afterEach(() => ports.close())

  const wish = (change: Partial<PortsWish>): PortsWish => ({bind: HOST, port, tlsPort: 0, ...change})

  it('are exchanged at once: the new one answers, the former one is free', async () => {
    ports.change(wish({port: other}))
    expect(await heard(HOST, other)).to.equal('plain')
    expect(await heard(HOST, port)).to.equal('ECONNREFUSED')
  })

  it('stay as they were when the new one is taken', async () => {
    const taken = net.createServer().listen(other, HOST)
    await new Promise((resolve) => taken.once('listening', resolve))
    expect(() => ports.change(wish({port: other})))
      .to.throw(ListenError)
      .with.property('code', 'EADDRINUSE')
    expect(await heard(HOST, port)).to.equal('plain')
    taken.close()
  })

  it('go from one address to all and back, on the same port', async () => {
    ports.change(wish({bind: '* -::*'}))
    expect(await heard('127.0.0.2', port)).to.equal('plain')
    ports.change(wish({}))
    expect(await heard('127.0.0.2', port)).to.equal('ECONNREFUSED')
    expect(await heard(HOST, port)).to.equal('plain')
  })

  it('stay as they were when an address on the same port cannot be had', async () => {
    expect(() => ports.change(wish({bind: '0.0.0.0 203.0.113.7'}))).to.throw(ListenError)
    expect(await heard(HOST, port)).to.equal('plain')
    ports.change(wish({bind: `${HOST} -203.0.113.7`}))
    expect(missed).to.deep.equal(['203.0.113.7'])
    expect(await heard(HOST, port)).to.equal('plain')
  })

  it('change places: the plain one speaks TLS afterwards, and the other way round', async () => {
    ports.change(wish({tlsPort: other}))
    ports.change(wish({port: other, tlsPort: port}))
    expect([await heard(HOST, port), await heard(HOST, other)]).to.deep.equal(['secure', 'plain'])
  })
})

/** What somebody who calls there is greeted with, or why nobody answers. */
function heard(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, host)
    socket.once('data', (chunk) => resolve(chunk.toString()))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
  })
}
