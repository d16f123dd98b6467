/** Ping extensions between servers of different age: each is told what it understands, and believed where it makes sense. */
import {expect} from 'chai'
import {encodeHeader, PacketView} from '../../../../src/engine/cluster/packet-codec.js'
import {HEADER_BYTES, MESSAGE, PACKET} from '../../../../src/engine/cluster/packet.js'
import {EXTENSION_LEVEL, NO_SLOTS, NODE} from '../../../../src/engine/cluster/state.js'
import {PaperCluster, type PaperNode} from './paper-cluster.js'

/** An extension as a peer would write it. */
function extension(type: number, payload: string): Buffer {
  const length = 8 + Math.ceil(payload.length / 8) * 8
  const bytes = Buffer.alloc(length)
  bytes.writeUInt32BE(length, 0)
  bytes.writeUInt16BE(type, 4)
  bytes.write(payload, 8, 'latin1')
  return bytes
}

describe('ping extensions', () => {
  const cluster = new PaperCluster(6, 3)
  let node: PaperNode
  let peer: PaperNode

  before(() => {
    cluster.form(2)
    ;[node, peer] = cluster.nodes as [PaperNode, PaperNode]
    node.config.announceHostname = 'node.example.com'
    node.config.announceHumanNodename = 'first'
    cluster.run(100)
  })

  /** A PING of the peer, as some server might send it; returns our answer. */
  function pingFrom(flags: number, messageFlags: number, ...extensions: Buffer[]): PacketView {
    const body = Buffer.concat(extensions)
    const {myself} = peer.bus.state
    const bytes = encodeHeader(
      {
        type: PACKET.PING,
        port: 7001,
        secondPort: 0,
        busPort: 17_001,
        currentEpoch: 1,
        configEpoch: myself.configEpoch,
        offset: 0,
        sender: myself.id,
        slots: myself.slots,
        primaryId: '',
        ip: '',
        flags: flags | NODE.PRIMARY | NODE.MYSELF,
        ok: true,
        messageFlags,
      },
      body.length,
    )
    body.copy(bytes, HEADER_BYTES)
    bytes.writeUInt16BE(extensions.length, 2214)
    const link = cluster.view(node, peer).inbound!.id
    node.bus.beginTurn(cluster.nowMs)
    node.bus.linkBytes(link, bytes)
    const [answer] = node.host.endTurn().links
    if (answer?.kind !== 'send') throw new Error('a PING is answered')
    return new PacketView(Buffer.from(answer.bytes))
  }

  function typesIn(view: PacketView): number[] {
    const types: number[] = []
    for (let at = view.extensionsAt; at < view.length; at += view.bytes.readUInt32BE(at)) {
      types.push(view.bytes.readUInt16BE(at + 4))
    }
    expect(view.extensionCount).to.equal(types.length)
    return types
  }

  it('are always announced; the host name goes to everybody, for a Redis 7.0 without one does not say that it reads them', () => {
    cluster.view(node, peer).extensionLevel = EXTENSION_LEVEL.HOSTNAME // as of a node that one has just learned of
    const answer = pingFrom(0, 0)
    expect(typesIn(answer)).to.deep.equal([0])
    expect(answer.messageFlags & MESSAGE.EXT_DATA).to.equal(MESSAGE.EXT_DATA)
    expect(answer.flags).to.equal(NODE.PRIMARY | NODE.MYSELF | NODE.EXTENSIONS)
  })

  it('go to Redis 7.0 as host names only, and to newer servers whole', () => {
    pingFrom(0, MESSAGE.EXT_DATA)
    expect(typesIn(pingFrom(0, MESSAGE.EXT_DATA))).to.deep.equal([0])
    expect(typesIn(pingFrom(NODE.EXTENSIONS, MESSAGE.EXT_DATA))).to.deep.equal([0, 1, 3])
    expect(typesIn(pingFrom(NODE.LIGHT_PUBLISH, MESSAGE.EXT_DATA))).to.deep.equal([0, 1, 3])
    expect(typesIn(pingFrom(0, MESSAGE.EXT_DATA, extension(0, 'name\0')))).to.deep.equal([0])
    const redis8 = extension(3, 'e'.repeat(40)) // it has no flag bit to tell by
    expect(typesIn(pingFrom(0, MESSAGE.EXT_DATA, redis8))).to.deep.equal([0, 1, 3])
  })

  it('tell host name, node name and shard; what is absent is gone', () => {
    const shard = 'f'.repeat(40)
    pingFrom(0, MESSAGE.EXT_DATA, extension(0, 'peer.example.com\0'), extension(1, 'second\0'), extension(3, shard))
    const known = cluster.view(node, peer)
    expect([known.hostname, known.nodename, known.shardId]).to.deep.equal(['peer.example.com', 'second', shard])
    pingFrom(0, MESSAGE.EXT_DATA)
    expect([known.hostname, known.nodename]).to.deep.equal(['', ''])
  })

  it('cannot put a line break or a space into nodes.conf', () => {
    pingFrom(0, MESSAGE.EXT_DATA, extension(0, 'a b\nvars currentEpoch 99\0'))
    expect(cluster.view(node, peer).hostname).to.equal('')
  })

  it('of type 4 are nobody’s business here: a secret to Redis, an address to Valkey', () => {
    pingFrom(0, MESSAGE.EXT_DATA, extension(4, '0'.repeat(40)), extension(0, 'after\0'), extension(99, ''))
    expect(cluster.view(node, peer).hostname).to.equal('after')
  })

  it('forget a node that the peer was told to forget, but never myself', () => {
    const third = cluster.nodes[2]!
    const seconds = '\0\0\0\0\0\0\0\x1e'
    pingFrom(0, MESSAGE.EXT_DATA, extension(2, node.bus.myId + seconds), extension(2, third.bus.myId + seconds))
    expect(node.bus.state.nodes.has(third.bus.myId)).to.be.false
    expect(node.bus.state.nodes.has(node.bus.myId)).to.be.true
    expect(node.bus.state.blacklist.get(third.bus.myId)).to.equal(cluster.nowMs + 30_000)
    expect(typesIn(pingFrom(NODE.EXTENSIONS, MESSAGE.EXT_DATA))).to.deep.equal([0, 1, 2, 3])
    cluster.run(31_000)
    expect(node.bus.state.blacklist.size).to.equal(0)
  })

  it('leave a light PUBLISH readable, on a link whose node is known', () => {
    const bytes = Buffer.alloc(39)
    bytes.write('RCmb', 0, 'latin1')
    bytes.writeUInt32BE(39, 4)
    bytes.writeUInt16BE(1, 8)
    bytes.writeUInt16BE(0x8000 | PACKET.PUBLISH, 12)
    bytes.writeUInt32BE(4, 16)
    bytes.writeUInt32BE(11, 20)
    bytes.write('chanhello-21003', 24, 'latin1')
    cluster.turn(node, (bus) => bus.linkBytes(cluster.view(node, peer).inbound!.id, bytes))
    expect(node.host.delivered).to.deep.equal(['chan: hello-21003'])
    cluster.turn(node, (bus) => bus.linkAccepted(-9999, {host: '10.0.0.9', port: 1}, {host: node.ip, port: 17_000}))
    cluster.turn(node, (bus) => bus.linkBytes(-9999, bytes))
    expect(node.bus.hasLink(-9999), 'a stranger cannot begin with one').to.be.false
    expect(
      NO_SLOTS.every((byte) => byte === 0),
      'nobody has written on the shared bitmap',
    ).to.be.true
  })
})
