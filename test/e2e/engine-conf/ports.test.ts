/** Ports that change while a server runs: an engine node does as Redis 7.0 does. */
import {expect} from 'chai'
import {BUS_PORT_OFFSET} from '../../../src/model/address.js'
import {accountOf} from '../../support/cluster-facts.js'
import {freePort} from '../../support/free-ports.js'
import {describeOnServers} from '../../support/real-servers.js'
import {command, type RespTarget} from '../../support/resp.js'
import {startNodes} from '../../support/server-nodes.js'
import {clientTls, TLS_FILES} from '../../support/tls-files.js'
import {until} from '../../support/until.js'

const LIMIT_MS = 30_000

describeOnServers('CONFIG SET of a port', ['engine', 'redis-7.0'], (flavour) => {
  const isServed = async (target: RespTarget): Promise<boolean> =>
    (await command(target, 'PING').catch(() => 'nobody')) === 'PONG'

  it('of a cluster node moves its clients; the bus stays where it is, and its peers go on hearing it', async () => {
    const nodes = await startNodes(flavour, 2)
    const [moving, peer] = [nodes.node(0), nodes.node(1)]
    const bus = moving.port + BUS_PORT_OFFSET
    await command(moving, 'CLUSTER', 'MEET', peer.host, peer.port)
    const id = String(await command(moving, 'CLUSTER', 'MYID'))
    const seenByPeer = async (): Promise<number | undefined> =>
      (await accountOf(peer)).find((line) => line.id === id && !line.flags.has('handshake'))?.address.port
    const isSeenAt = (at: number): Promise<unknown> =>
      until(async () => (await seenByPeer()) === at, {timeoutMs: LIMIT_MS, what: `the peer to see it at ${at}`})
    await isSeenAt(moving.port)
    const moved = {...moving, port: await freePort()}
    expect(await command(moving, 'CONFIG', 'SET', 'port', moved.port).catch(() => 'moved')).to.be.oneOf(['OK', 'moved'])
    expect(await isServed(moved)).to.equal(true)
    expect(await isServed(moving)).to.equal(false)
    const [myself] = (await accountOf(moved)).filter(({flags}) => flags.has('myself'))
    expect(myself!.address.busPort).to.equal(bus)
    // Redis 7.0 tells its peers of a bus port that follows the other, where nobody listens, and is cut off.
    if (flavour === 'engine') await isSeenAt(moved.port)
  })

  it('for TLS opens it, moves it and closes it', async () => {
    const certificates = {
      'tls-ca-cert-file': TLS_FILES.ca,
      'tls-cert-file': TLS_FILES.serverCert,
      'tls-key-file': TLS_FILES.serverKey,
    }
    const plain = (await startNodes(flavour, 1, {cluster: false, config: certificates})).node(0)
    const [first, second] = [await freePort(), await freePort()].map((port) => ({...plain, port, tls: clientTls()}))
    expect(await command(plain, 'CONFIG', 'SET', 'tls-port', first!.port)).to.equal('OK')
    expect(await isServed(first!)).to.equal(true)
    expect(await command(plain, 'CONFIG', 'SET', 'tls-port', second!.port)).to.equal('OK')
    expect([await isServed(first!), await isServed(second!)]).to.deep.equal([false, true])
    expect(await command(plain, 'CONFIG', 'SET', 'tls-port', '0')).to.equal('OK')
    expect([await isServed(second!), await isServed(plain)]).to.deep.equal([false, true])
  })
})
