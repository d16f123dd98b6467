/** Links of the bus against peers that mean harm or know no better: nothing they send stops a node or fills its memory. */
import {expect} from 'chai'
import {encodeHeader} from '../../../../src/engine/cluster/packet-codec.js'
import {PACKET} from '../../../../src/engine/cluster/packet.js'
import {NO_SLOTS} from '../../../../src/engine/cluster/state.js'
import {type LinkEffect} from '../../../../src/engine/ports.js'
import {ClusterBus} from '../../../../src/engine/cluster/cluster-bus.js'
import {paperConfig, PaperCluster, seededRng, START_MS} from './paper-cluster.js'
import {PaperHost} from './paper-host.js'

const STRANGER = {host: '::ffff:10.0.0.9', port: 40_000}
const HERE = {host: '::ffff:10.0.0.1', port: 17_000}

function packet(type: number, sender = 'e'.repeat(40), bodyBytes = 0): Buffer {
  return encodeHeader(
    {
      type,
      port: 7009,
      secondPort: 0,
      busPort: 17_009,
      currentEpoch: 5,
      configEpoch: 0,
      offset: 0,
      sender,
      slots: NO_SLOTS,
      primaryId: '',
      ip: '',
      flags: 0x11,
      ok: true,
      messageFlags: 0,
    },
    bodyBytes,
  )
}

describe('a stranger on the bus port', () => {
  let host: PaperHost
  let bus: ClusterBus

  beforeEach(() => {
    host = new PaperHost()
    bus = new ClusterBus({host, config: paperConfig(7000), rng: seededRng(1), nowMs: START_MS})
    bus.linkAccepted(-1, STRANGER, HERE)
  })

  const effects = (): readonly LinkEffect[] => host.endTurn().links
  const kinds = (): string[] => effects().map((effect) => effect.kind)

  it('is answered when it PINGs, even with no id at all, and is not believed', () => {
    bus.linkBytes(-1, packet(PACKET.PING, '\0'.repeat(40)))
    const [answer] = effects()
    expect(answer?.kind === 'send' && answer.bytes[13]).to.equal(PACKET.PONG)
    expect(bus.state.list).to.have.length(1)
    expect(bus.state.currentEpoch).to.equal(0)
    expect(bus.state.myself.ip, 'the address it reached us on').to.equal('10.0.0.1')
  })

  it('is called back when it sends MEET', () => {
    bus.linkBytes(-1, packet(PACKET.MEET))
    expect(bus.nodes()).to.match(/ 10\.0\.0\.9:7009@17009 handshake - 0 0 0 disconnected\n/)
    expect(kinds()).to.deep.equal(['send'])
  })

  it('is called back once, however often it sends MEET, and not by everybody at once', () => {
    for (let count = 0; count < 5; count++) bus.linkBytes(-1, packet(PACKET.MEET))
    expect(bus.state.list).to.have.length(2)
    for (let port = 1; port < 4000; port++) {
      const meet = packet(PACKET.MEET)
      meet.writeUInt16BE(port, 10)
      bus.linkBytes(-1, meet)
    }
    expect(bus.state.list).to.have.length(2049)
  })

  it('is not heard when it speaks of failures, slots, votes or messages', () => {
    for (const [type, body] of [
      [PACKET.FAIL, 40],
      [PACKET.UPDATE, 2096],
      [PACKET.AUTH_REQUEST, 0],
      [PACKET.AUTH_ACK, 0],
      [PACKET.MFSTART, 0],
      [PACKET.PONG, 0],
    ] as const) {
      const bytes = packet(type, 'e'.repeat(40), body)
      bytes.fill(0, 2256)
      bus.linkBytes(-1, bytes)
    }
    expect(effects()).to.be.empty
    expect(bus.hasLink(-1)).to.be.true
  })

  it('is hung up on for garbage, for a huge length, for a short one', () => {
    const tooLong = packet(PACKET.PING)
    tooLong.writeUInt32BE(0x7fffffff, 4)
    const tooShort = packet(PACKET.PING)
    tooShort.writeUInt32BE(100, 4)
    for (const [index, bytes] of [Buffer.from('GET / HTTP/1.1\r\n'), tooLong, tooShort].entries()) {
      bus.linkAccepted(-10 - index, STRANGER, HERE)
      bus.linkBytes(-10 - index, bytes)
      expect(kinds()).to.deep.equal(['hang-up'])
      expect(bus.hasLink(-10 - index)).to.be.false
    }
  })

  it('may trickle its bytes one by one', () => {
    for (const byte of packet(PACKET.PING)) bus.linkBytes(-1, Uint8Array.of(byte))
    expect(kinds()).to.deep.equal(['send'])
    expect(bus.state.links.get(-1)!.input).to.equal(null)
  })

  it('may send several packets in one piece, the last of them cut', () => {
    const ping = packet(PACKET.PING)
    bus.linkBytes(-1, Buffer.concat([ping, ping, ping.subarray(0, 100)]))
    bus.linkBytes(-1, ping.subarray(100))
    expect(kinds()).to.deep.equal(['send', 'send', 'send'])
  })

  it('takes memory for what it sends, not for what it promises', () => {
    const promise = packet(PACKET.PING)
    promise.writeUInt32BE(8 * 1024 * 1024, 4)
    bus.linkBytes(-1, promise)
    expect(bus.state.links.get(-1)!.input!.length).to.be.below(10_000)
  })

  it('keeps its link when a packet is not what its type says', () => {
    bus.linkBytes(-1, packet(PACKET.PING, 'e'.repeat(40), 8))
    bus.linkBytes(-1, packet(99))
    expect(effects()).to.be.empty
    expect(bus.hasLink(-1)).to.be.true
  })

  it('makes room for the next one when there are too many', () => {
    for (let index = 0; index < 3000; index++) bus.linkAccepted(-100 - index, STRANGER, HERE)
    expect(bus.state.links.size).to.equal(1024)
    expect(bus.hasLink(-1)).to.be.false
  })

  it('is turned away while a primary loads its data', () => {
    host.loading = true
    bus.linkAccepted(-2, STRANGER, HERE)
    expect(kinds()).to.deep.equal(['hang-up'])
  })
})

describe('a peer that does not read', () => {
  it('loses its link when more waits for it than cluster-link-sendbuf-limit', () => {
    const cluster = new PaperCluster(4, 2)
    cluster.form(2)
    const [node] = cluster.nodes
    node!.config.linkSendbufLimitBytes = 1000
    node!.host.unsent = 2000
    cluster.run(100)
    expect(node!.bus.info()).to.match(/total_cluster_links_buffer_limit_exceeded:[1-9]/)
  })
})

describe('CLUSTER LINKS', () => {
  it('tells one link each way for every peer', () => {
    const cluster = new PaperCluster(4, 3)
    cluster.form(3)
    const links = cluster.nodes[0]!.bus.links()
    expect(links.map((link) => link.direction)).to.deep.equal(['to', 'from', 'to', 'from'])
    expect(links.every((link) => link.events === 'r')).to.be.true
  })
})
