/** What check finds, and what it leaves alone. */
import {expect} from 'chai'
import type {NodeFlag} from '../../../../src/model/node-flags.js'
import type {NodeId} from '../../../../src/model/node-id.js'
import {SlotSet} from '../../../../src/model/slot-set.js'
import {blocksSlotMoves, check, isHealthy, slotMoveBlockers} from '../../../../src/manager/check/check.js'
import type {Finding} from '../../../../src/manager/check/finding.js'
import type {ClusterView} from '../../../../src/manager/view/cluster-view.js'
import {
  addressOf,
  changedLine,
  changedNode,
  changedPeer,
  changedServer,
  clusterViewOf,
  freshId,
  holding,
  importing,
  migrating,
  nodeLine,
  primaryId,
  replicaId,
  silent,
  uncovered,
  type Shape,
  type ViewChange,
} from '../../../support/topologies.js'

const A = primaryId(0)
const B = primaryId(1)
const C = primaryId(2)
const PAIRS: Shape = {primaries: 3, replicasEach: 1}

function findings(shape: Shape, ...changes: readonly ViewChange[]): Finding[] {
  return check(clusterViewOf(shape, ...changes))
}

/** "error slots-uncovered 5-7", "warning replica-unreachable". */
function summary(shape: Shape, ...changes: readonly ViewChange[]): string[] {
  return findings(shape, ...changes).map(({severity, code, slots}) => `${severity} ${code} ${slots}`.trim())
}

/** `by` has a line about a node that did not answer. */
function remembering(by: NodeId, id: NodeId, ...flags: readonly NodeFlag[]): ViewChange {
  const line = nodeLine({id, address: addressOf(20, 30), flags: new Set(flags), linkConnected: false})
  return changedNode(by, (node) => ({...node, peers: [...node.peers, line]}))
}

function flagged(by: NodeId, id: NodeId, flag: NodeFlag): ViewChange {
  return changedPeer(by, id, (line) => ({...line, flags: new Set([...line.flags, flag])}))
}

function claiming(id: NodeId, slots: string): ViewChange {
  return changedLine(id, (line) => ({...line, slots: line.slots.union(SlotSet.parse(slots)!)}))
}

describe('check', () => {
  describe('of a healthy cluster', () => {
    it('finds nothing', () => {
      expect(findings(PAIRS)).to.deep.equal([])
    })

    it('finds nothing when all nodes share one host', () => {
      expect(findings({...PAIRS, hosts: 1})).to.deep.equal([])
    })

    it('says once that a cluster has no replicas at all', () => {
      expect(summary({primaries: 3})).to.deep.equal(['warning no-replicas'])
    })

    it('has nothing to say about a primary that waits for its first slots', () => {
      expect(findings({primaries: 3, replicasEach: 1, slots: ['0-8191', '8192-16383', '']})).to.deep.equal([])
    })
  })

  describe('asks whether the nodes agree', () => {
    it('names the node that credits slots to another owner, and both owners', () => {
      const found = findings(
        PAIRS,
        changedPeer(C, A, (line) => ({...line, slots: line.slots.minus(SlotSet.of([7]))})),
        changedPeer(C, B, (line) => ({...line, slots: line.slots.union(SlotSet.of([7]))})),
      )
      expect(found.map(({code, node, slots}) => ({code, node: node?.id, slots}))).to.deep.equal([
        {code: 'slots-disagree', node: C, slots: '7'},
      ])
      expect(found[0]!.message).to.equal('credits 1 slot to 10.0.0.2:7002, the cluster to 10.0.0.1:7001')
      expect(found[0]!.remedy).to.equal('tscluster fix 10.0.0.1:7001')
    })

    it('names the node that has not heard of an owner', () => {
      const found = findings(
        PAIRS,
        changedPeer(C, A, (line) => ({...line, slots: SlotSet.EMPTY})),
      )
      expect(found.map(({message}) => message)).to.deep.equal([
        'credits 5461 slots to nobody, the cluster to 10.0.0.1:7001',
      ])
    })

    it('lets the most common account stand where nobody claims a slot', () => {
      const found = findings(
        PAIRS,
        silent(C),
        changedPeer(B, C, (line) => ({...line, slots: line.slots.minus(SlotSet.of([16383]))})),
      )
      const disagreement = found.filter(({code}) => code === 'slots-disagree')
      expect(disagreement.map(({node, slots}) => ({node: node?.id, slots}))).to.deep.equal([{node: B, slots: '16383'}])
    })

    it('warns of a node that others do not know, or see in another role', () => {
      const stranger = changedNode(A, (node) => ({...node, peers: node.peers.filter(({id}) => id !== replicaId(2))}))
      const misread = changedPeer(B, replicaId(0), (line) => ({...line, primaryId: C}))
      const found = findings(PAIRS, stranger, misread)
      expect(found.map(({code, message}) => `${code}: ${message}`)).to.deep.equal([
        'node-unknown: is not known to 10.0.0.1:7001',
        'role-disagree: is a replica of 10.0.0.1:7001 by its own account, but 10.0.0.2:7002 sees it otherwise',
      ])
    })
  })

  describe('asks whether every slot is served, and by one node', () => {
    it('fails on slots of nobody', () => {
      expect(summary(PAIRS, uncovered('100-102 16383'))).to.deep.equal(['error slots-uncovered 100-102 16383'])
    })

    it('fails on a slot that stands half-way, once per side', () => {
      const found = findings(PAIRS, migrating(5, A, B), migrating(6, A, B), importing(5, B, A))
      expect(found.map(({code, slots, message}) => `${code} ${slots}: ${message}`)).to.deep.equal([
        'slot-migrating 5-6: is migrating 2 slots to 10.0.0.2:7002',
        'slot-importing 5: is importing 1 slot from 10.0.0.1:7001',
      ])
    })

    it('fails on a marker that only a replica has, not on one that it shares with its primary', () => {
      expect(summary(PAIRS, migrating(5, replicaId(0), B))).to.deep.equal(['error stale-marker 5'])
      expect(summary(PAIRS, migrating(5, A, B), migrating(5, replicaId(0), B))).to.deep.equal([
        'error slot-migrating 5',
      ])
    })

    it('fails on a slot that two primaries claim', () => {
      expect(summary(PAIRS, claiming(B, '7-8'))).to.include('error slots-contested 7-8')
    })

    it('fails on keys that are neither where their slot is served nor on their way', () => {
      const view = clusterViewOf(
        PAIRS,
        holding(5, A, 3),
        holding(5, C, 2),
        holding(6, A, 1),
        holding(6, replicaId(0), 1),
      )
      const found = check(view, {searchMultipleOwners: true})
      expect(found.map(({code, node, message}) => ({code, node: node?.id, message}))).to.deep.equal([
        {
          code: 'stray-keys',
          node: C,
          message: 'holds 2 keys of 1 slot that other nodes serve: no client can reach them',
        },
      ])
      expect(found[0]!.remedy).to.equal('tscluster fix 10.0.0.1:7001 --search-multiple-owners')
    })

    it('takes keys at the target of a move for what they are', () => {
      const move = [migrating(5, A, B), importing(5, B, A), holding(5, A, 1), holding(5, B, 4)]
      expect(summary(PAIRS, ...move)).to.deep.equal(['error slot-migrating 5', 'error slot-importing 5'])
    })

    it('warns of two primaries with one config epoch', () => {
      const collision = changedLine(B, (line) => ({...line, configEpoch: 1}))
      expect(summary(PAIRS, collision)).to.deep.equal(['warning epoch-collision'])
    })
  })

  describe('asks for the replicas', () => {
    it('warns of one that does not answer, and of the primary that is left alone', () => {
      expect(summary(PAIRS, silent(replicaId(1)))).to.deep.equal([
        'warning primary-without-replica',
        'warning replica-unreachable',
      ])
    })

    it('warns of one that has lost its primary', () => {
      const found = findings(PAIRS, changedServer(replicaId(0), {primaryLinkUp: false}))
      expect(found.map(({code, node}) => ({code, node: node?.id}))).to.deep.equal([
        {code: 'replica-out-of-sync', node: replicaId(0)},
      ])
    })

    it('warns of one on the host of its primary, if the cluster has others', () => {
      const moved = changedLine(replicaId(0), (line) => ({...line, address: {...line.address, host: '10.0.0.1'}}))
      expect(summary(PAIRS, moved)).to.deep.equal(['warning replica-on-primary-host'])
    })

    it('warns of a replica of a replica, and of a replica of nobody', () => {
      const chained = changedLine(replicaId(0), (line) => ({...line, primaryId: replicaId(1)}))
      const orphan = changedLine(replicaId(2), (line) => ({...line, primaryId: freshId(9)}))
      expect(summary(PAIRS, chained, orphan).filter((each) => /replica-of/.test(each))).to.deep.equal([
        'warning replica-of-replica',
        'warning replica-of-unknown',
      ])
    })
  })

  describe('asks who is there', () => {
    it('fails on a dead primary whose slots nobody has taken over', () => {
      const found = findings({primaries: 3}, silent(C)).filter(({code}) => code === 'primary-unreachable')
      expect(found.map(({severity, slots, message}) => `${severity} ${slots}: ${message}`)).to.deep.equal([
        'error 10923-16383: does not answer (connection refused); nobody has taken over its 5461 slots',
      ])
    })

    it('only warns of a dead primary that was replaced, and offers to delete it', () => {
      const shape = {primaries: 4, replicasEach: 1, slots: ['0-8191', '8192-12000', '12001-16383', '']}
      const found = findings(shape, silent(primaryId(3)), silent(replicaId(3)))
      expect(found.map(({code, severity}) => `${severity} ${code}`)).to.deep.equal([
        'warning primary-replaced',
        'warning replica-unreachable',
      ])
      expect(found[0]!.remedy).to.equal('tscluster del-node 10.0.0.1:7001 a0000003')
    })

    it('does not advise to delete a node that the others still talk to', () => {
      const reached = (view: ReturnType<typeof clusterViewOf>): ReturnType<typeof clusterViewOf> => {
        const line = view.nodes[0]!.peers.find(({id}) => id === replicaId(0))!
        const error = {code: 'timed-out', message: 'no answer in time', node: undefined, hint: undefined}
        return {...view, nodes: view.nodes.filter(({id}) => id !== replicaId(0)), silent: [{line, error}]}
      }
      const found = findings(PAIRS, reached).filter(({code}) => code === 'replica-unreachable')
      expect(found.map(({remedy}) => remedy)).to.deep.equal([null])
    })

    it('tells a suspicion from a failure, and weighs it by what the node serves', () => {
      expect(summary(PAIRS, flagged(B, C, 'pfail'))).to.deep.equal(['warning node-suspected'])
      expect(summary(PAIRS, flagged(B, C, 'fail'))).to.deep.equal(['error node-failed'])
      expect(summary(PAIRS, flagged(B, replicaId(0), 'fail'))).to.deep.equal(['warning node-failed'])
    })

    it('warns of a handshake that is not done, but not of one with a node that is known already', () => {
      expect(summary(PAIRS, remembering(A, freshId(0), 'handshake'))).to.deep.equal(['warning handshake'])
      const repeated = changedNode(A, (node) => {
        const line = nodeLine({id: freshId(0), address: node.peers[0]!.address, flags: new Set(['handshake'])})
        return {...node, peers: [...node.peers, line]}
      })
      expect(findings(PAIRS, repeated)).to.deep.equal([])
    })

    it('warns of a dead node that only some remember', () => {
      expect(summary(PAIRS, remembering(B, freshId(0), 'primary', 'fail'))).to.deep.equal(['warning ghost'])
    })

    it('warns of an id without an address that only some remember: an edited nodes.conf', () => {
      const nowhere = changedPeer(B, freshId(0), (line) => ({...line, address: {...line.address, host: '', port: 0}}))
      expect(summary(PAIRS, remembering(B, freshId(0), 'primary'), nowhere)).to.deep.equal(['warning ghost'])
    })

    it('fails on a primary whose address another node took while it held slots', () => {
      const shape: Shape = {primaries: 3}
      const lost = (view: ClusterView): ClusterView => ({
        ...view,
        silent: view.silent.map(({line, error}) => ({
          error,
          line: {...line, flags: new Set([...line.flags, 'noaddr'] as const)},
        })),
      })
      expect(summary(shape, silent(C), lost)).to.include('error primary-unreachable 10923-16383')
    })

    it('warns of a replica whose primary is gone, once: the others cannot say whose replica it is', () => {
      const orphaned = changedLine(replicaId(0), (line) => ({...line, primaryId: freshId(0)}))
      expect(summary(PAIRS, orphaned, remembering(replicaId(0), freshId(0), 'primary', 'fail'))).to.deep.equal([
        'warning primary-without-replica',
        'warning replica-of-unknown',
      ])
    })
  })

  describe('asks whether clients are served', () => {
    it('fails when nodes refuse them', () => {
      const down = changedNode(B, (node) => ({...node, clusterOk: false}))
      expect(findings(PAIRS, down).map(({message}) => message)).to.deep.equal([
        '1 node refuses to serve clients (cluster_state:fail): 10.0.0.2:7002.',
      ])
    })

    it('fails on a primary that is loading, and only warns of a replica', () => {
      expect(summary(PAIRS, changedServer(A, {loading: true}))).to.deep.equal(['error node-loading'])
      expect(summary(PAIRS, changedServer(replicaId(0), {loading: true}))).to.deep.equal(['warning node-loading'])
    })
  })

  describe('judges', () => {
    it('a cluster healthy with warnings, unhealthy with an error', () => {
      expect(isHealthy(findings(PAIRS, silent(replicaId(0))))).to.equal(true)
      expect(isHealthy(findings(PAIRS, uncovered('5')))).to.equal(false)
    })

    it('that slots must not be moved on what redis-cli refuses too', () => {
      expect(blocksSlotMoves(findings(PAIRS, migrating(5, A, B)))).to.equal(true)
      expect(blocksSlotMoves(findings(PAIRS, uncovered('5')))).to.equal(true)
      expect(blocksSlotMoves(findings(PAIRS, claiming(B, '7')))).to.equal(true)
      expect(slotMoveBlockers(findings(PAIRS, silent(replicaId(0)), flagged(B, C, 'fail')))).to.deep.equal([])
    })
  })
})
