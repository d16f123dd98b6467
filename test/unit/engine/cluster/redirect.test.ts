/** The slot verdict: which of Redis' answers a command gets, and in which order the reasons are looked at. */
import {expect} from 'chai'
import {type SlotQuery, type Verdict} from '../../../../src/engine/cluster/redirect.js'
import {type EndpointType} from '../../../../src/engine/cluster/cluster-host.js'
import {PaperCluster, type PaperNode} from './paper-cluster.js'

const MINE = 0
const LEAVING = 1
const OTHERS = 16_000
const ARRIVING = 16_001

type Ask = Partial<Omit<SlotQuery, 'keys'>> & {missing?: number; present?: number; several?: boolean}

describe('the slot verdict', () => {
  const cluster = new PaperCluster(9, 3)
  let node: PaperNode
  let other: PaperNode
  let replica: PaperNode

  before(() => {
    cluster.form(2)
    ;[node, other, replica] = cluster.nodes as [PaperNode, PaperNode, PaperNode]
    cluster.turn(node, (bus) => bus.setSlot(LEAVING, {kind: 'migrating', id: other.bus.myId}))
    cluster.turn(node, (bus) => bus.setSlot(ARRIVING, {kind: 'importing', id: other.bus.myId}))
  })

  beforeEach(() => {
    node.bus.state.ok = true
    Object.assign(node.config, {allowReadsWhenDown: false, allowPubsubshardWhenDown: true})
  })

  function ask(slot: number, {missing = 0, present = 0, several = false, ...rest}: Ask = {}, who = node): Verdict {
    return who.bus.verdict({
      slot,
      crossSlot: false,
      isWrite: false,
      isMigrate: false,
      isShardPubsub: false,
      asking: false,
      readonly: false,
      keys: {missing, present, several},
      ...rest,
    })
  }

  it('serves my own slots', () => {
    expect(ask(MINE)).to.equal('serve')
    expect(ask(MINE, {missing: 1})).to.equal('serve')
  })

  it('sends clients to the owner of any other slot', () => {
    expect(ask(OTHERS)).to.equal('moved')
    expect(ask(OTHERS, {asking: true})).to.equal('moved')
    expect(node.bus.refusalText('moved', OTHERS)).to.equal('MOVED 16000 10.0.0.2:7001')
  })

  it('asks them to ask the target when a key has left already', () => {
    expect(ask(LEAVING, {present: 1})).to.equal('serve')
    expect(ask(LEAVING, {missing: 2})).to.equal('ask')
    expect(node.bus.refusalText('ask', LEAVING)).to.equal('ASK 1 10.0.0.2:7001')
    expect(ask(LEAVING, {missing: 1, present: 1, several: true})).to.equal('try-again')
    expect(ask(LEAVING, {missing: 1, isShardPubsub: true})).to.equal('serve')
  })

  it('serves an arriving slot to those who ask', () => {
    expect(ask(ARRIVING)).to.equal('moved')
    expect(ask(ARRIVING, {asking: true, missing: 1})).to.equal('serve')
    expect(ask(ARRIVING, {asking: true, missing: 1, present: 1, several: true})).to.equal('try-again')
    expect(ask(ARRIVING, {asking: true, present: 2, several: true})).to.equal('serve')
  })

  it('lets MIGRATE work on open slots whatever is there', () => {
    expect(ask(LEAVING, {isMigrate: true, isWrite: true, missing: 1})).to.equal('serve')
    expect(ask(ARRIVING, {isMigrate: true, isWrite: true})).to.equal('serve')
    expect(ask(OTHERS, {isMigrate: true, isWrite: true})).to.equal('moved')
  })

  it('refuses keys of several slots, but not before an unassigned one', () => {
    expect(ask(MINE, {crossSlot: true})).to.equal('cross-slot')
    expect(ask(OTHERS, {crossSlot: true})).to.equal('cross-slot')
    cluster.turn(node, (bus) => bus.delSlots([[OTHERS, OTHERS]]))
    expect(ask(OTHERS, {crossSlot: true})).to.equal('unassigned')
    expect(node.bus.refusalText('unassigned', OTHERS)).to.equal('CLUSTERDOWN Hash slot not served')
    cluster.run(3000)
    expect(ask(OTHERS)).to.equal('moved')
  })

  it('serves nothing while the cluster is down, unless told to', () => {
    node.bus.state.ok = false
    expect(ask(MINE)).to.equal('down')
    expect(ask(MINE, {crossSlot: true})).to.equal('cross-slot')
    expect(ask(MINE, {isShardPubsub: true})).to.equal('serve')
    Object.assign(node.config, {allowReadsWhenDown: true, allowPubsubshardWhenDown: false})
    expect(ask(MINE)).to.equal('serve')
    expect(ask(OTHERS)).to.equal('moved')
    expect(ask(MINE, {isWrite: true})).to.equal('down-for-writes')
    expect(ask(MINE, {isShardPubsub: true})).to.equal('down')
  })

  it('serves reads on a replica to those who have said READONLY', () => {
    expect(ask(MINE, {}, replica)).to.equal('moved')
    expect(ask(MINE, {readonly: true}, replica)).to.equal('serve')
    expect(ask(MINE, {isShardPubsub: true}, replica)).to.equal('serve')
    expect(ask(MINE, {readonly: true, isWrite: true}, replica)).to.equal('moved')
    expect(ask(OTHERS, {readonly: true}, replica)).to.equal('moved')
  })

  it('looks at the keys only when the slot is open', () => {
    const keys = {
      get missing(): number {
        throw new Error('counted for nothing')
      },
      present: 0,
      several: false,
    }
    const query = {
      crossSlot: false,
      isWrite: false,
      isMigrate: false,
      isShardPubsub: false,
      asking: false,
      readonly: false,
    }
    expect(node.bus.verdict({...query, slot: MINE, keys})).to.equal('serve')
    expect(node.bus.verdict({...query, slot: OTHERS, keys})).to.equal('moved')
    expect([MINE, LEAVING, OTHERS, ARRIVING].map((slot) => node.bus.isOpen(slot))).to.deep.equal([
      false,
      true,
      false,
      true,
    ])
  })

  it('says the rest in Redis’ own words', () => {
    expect(node.bus.refusalText('cross-slot', 0)).to.equal("CROSSSLOT Keys in request don't hash to the same slot")
    expect(node.bus.refusalText('try-again', 0)).to.equal('TRYAGAIN Multiple keys request during rehashing of slot')
    expect(node.bus.refusalText('down', 0)).to.equal('CLUSTERDOWN The cluster is down')
    expect(node.bus.refusalText('down-for-writes', 0)).to.equal(
      'CLUSTERDOWN The cluster is down and only accepts read commands',
    )
  })

  const endpoints: [EndpointType, hostname: string, text: string][] = [
    ['ip', 'two.example.com', 'MOVED 16000 10.0.0.2:7001'],
    ['hostname', 'two.example.com', 'MOVED 16000 two.example.com:7001'],
    ['hostname', '', 'MOVED 16000 ?:7001'],
    ['unknown-endpoint', 'two.example.com', 'MOVED 16000 :7001'],
  ]
  for (const [type, hostname, text] of endpoints) {
    it(`sends clients to “${text}” when ${type} is preferred and the host name is “${hostname}”`, () => {
      const known = cluster.view(node, other)
      known.hostname = hostname
      node.config.preferredEndpointType = type
      expect(node.bus.refusalText('moved', OTHERS)).to.equal(text)
      known.hostname = ''
      node.config.preferredEndpointType = 'ip'
    })
  }

  it('sends blocked clients away when their slot has gone', () => {
    expect(node.bus.verdictForBlocked(MINE, false)).to.equal('serve')
    expect(node.bus.verdictForBlocked(ARRIVING, false)).to.equal('serve')
    expect(node.bus.verdictForBlocked(OTHERS, false)).to.equal('moved')
    expect(replica.bus.verdictForBlocked(MINE, true)).to.equal('serve')
    node.bus.state.ok = false
    expect(node.bus.verdictForBlocked(MINE, false)).to.equal('down')
  })
})
