import {expect} from 'chai'
import fc from 'fast-check'
import {findDissent} from '../../src/manager/check/agreement.js'
import type {ClusterView} from '../../src/manager/view/cluster-view.js'
import {assignmentsAgree} from '../../src/manager/view/assignment.js'
import {disagreements} from '../../src/manager/view/disagreement.js'
import {linesOf} from '../../src/manager/view/lines.js'
import type {NodeView} from '../../src/manager/view/node-view.js'
import {toTopology} from '../../src/manager/view/topology.js'
import {AccountReader} from '../../src/model/account-reader.js'
import {parseClusterNodes} from '../../src/model/cluster-nodes.js'
import {fingerprint} from '../../src/model/fingerprint.js'
import {SlotSet} from '../../src/model/slot-set.js'
import {changedPeer, clusterViewOf, primaryId, replicaId, type ViewChange} from '../support/topologies.js'

const PRIMARIES = 3
const NODES = [0, 1, 2].flatMap((index) => [primaryId(index), replicaId(index)])

/** A line as a server may print it; few values, so that many lines are equal or nearly so. */
const lineTexts = fc
  .record({
    id: fc.constantFrom(...NODES),
    host: fc.constantFrom('10.0.0.1', '::1', ''),
    flags: fc.constantFrom('master', 'myself,master', 'slave', 'master,fail?', 'handshake'),
    primary: fc.constantFrom('-', ...NODES),
    times: fc.tuple(fc.nat(20), fc.nat(2_000_000)),
    epoch: fc.nat(2),
    link: fc.constantFrom('connected', 'disconnected'),
    slots: fc.constantFrom('', ' 5', ' 0-5460', ' 0-5460 6000', ` 7 [7->-${primaryId(1)}]`, ' 9 oops', ' 20000'),
    end: fc.constantFrom('\n', '\n', '\n', '\r\n', ' \n'),
  })
  .map(({id, host, flags, primary, times, epoch, link, slots, end}) => {
    return `${id} ${host}:7000@17000 ${flags} ${primary} ${times.join(' ')} ${epoch} ${link}${slots}${end}`
  })

/** What one node says of another, changed a little. */
const changes: fc.Arbitrary<ViewChange> = fc
  .record({
    by: fc.constantFrom(...NODES),
    about: fc.constantFrom(...NODES),
    what: fc.constantFrom('less', 'more', 'nothing', 'role', 'epoch', 'unknown'),
    slot: fc.constantFrom(5, 6000, 16_383),
  })
  .map(({by, about, what, slot}): ViewChange => {
    if (by === about) return (view) => view
    const one = SlotSet.of([slot])
    if (what === 'unknown') {
      return (view) => ({
        ...view,
        nodes: view.nodes.map((node) =>
          node.id === by ? {...node, peers: node.peers.filter(({id}) => id !== about)} : node,
        ),
      })
    }
    return changedPeer(by, about, (line) => {
      if (what === 'less') return {...line, slots: line.slots.minus(one)}
      if (what === 'more') return {...line, slots: line.slots.union(one)}
      if (what === 'nothing') return {...line, slots: SlotSet.EMPTY}
      if (what === 'role') return {...line, primaryId: primaryId(2)}
      return {...line, configEpoch: 77}
    })
  })

const views = fc
  .array(changes, {maxLength: 4})
  .map((list) => clusterViewOf({primaries: PRIMARIES, replicasEach: 1}, ...list))

/** The configuration signature of redis-cli: who has slots with the words that say which, all sorted as text. */
function signatureOf(node: NodeView): string {
  const entries = linesOf(node).flatMap(({id, slots}) =>
    slots.size === 0 ? [] : [`${id}:${slots.toString().split(' ').sort().join(',')}`],
  )
  return entries.sort().join('|')
}

function dissentSlotBySlot(view: ClusterView): object[] {
  const {owners} = toTopology(view)
  return view.nodes.flatMap((node) => {
    const believed = new Map(linesOf(node).flatMap(({id, slots}) => [...slots].map((slot) => [slot, id] as const)))
    return owners.flatMap((owner, slot) => {
      const believes = believed.get(slot) ?? null
      return believes === owner ? [] : [{slot, node: node.id, believes, owner}]
    })
  })
}

describe('accounts that are read together', () => {
  it('say what each says by itself, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(fc.array(lineTexts, {maxLength: 6}), {minLength: 1, maxLength: 6}), (accounts) => {
        const reader = new AccountReader()
        for (const lines of accounts) {
          const text = lines.join('')
          expect(reader.read(text)).to.deep.equal(parseClusterNodes(text))
        }
      }),
      {numRuns: 500},
    )
  })
})

describe('accounts that differ', () => {
  it('agree exactly when redis-cli would find equal signatures', () => {
    fc.assert(
      fc.property(views, ({nodes}) => {
        const signatures = nodes.map(signatureOf)
        expect(assignmentsAgree(nodes)).to.equal(signatures.every((each) => each === signatures[0]))
      }),
      {numRuns: 300},
    )
  })

  it('differ in just the slots of which a node believes something else than is claimed', () => {
    fc.assert(
      fc.property(views, (view) => {
        const found = findDissent(view).map((each) => ({...each, node: each.node.id}))
        expect(found).to.deep.equal(dissentSlotBySlot(view))
      }),
      {numRuns: 40},
    )
  })

  it('are told apart pair by pair, in the order of the nodes', () => {
    fc.assert(
      fc.property(views, ({nodes}) => {
        const found = disagreements(nodes).filter(({kind}) => kind === 'unknown' || kind === 'role')
        const expected = nodes.flatMap((node) =>
          nodes.flatMap((about) => {
            if (about === node) return []
            const line = node.peers.find(({id}) => id === about.id)
            if (line === undefined) return [{kind: 'unknown', node: node.id, about: about.id}]
            return line.primaryId === about.line.primaryId ? [] : [{kind: 'role', node: node.id, about: about.id}]
          }),
        )
        expect(found.map(({kind, node, about}) => ({kind, node: node.id, about: about.id}))).to.deep.equal(expected)
      }),
      {numRuns: 300},
    )
  })
})

describe('the fingerprint', () => {
  it('is 64-bit FNV-1a of the UTF-16 code units', () => {
    fc.assert(
      fc.property(fc.string({unit: 'grapheme'}), (text) => {
        let hash = 0xcbf29ce484222325n
        for (let index = 0; index < text.length; index++) {
          hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(index))) * 0x100000001b3n)
        }
        expect(fingerprint(text)).to.equal(hash.toString(16).padStart(16, '0'))
      }),
      {numRuns: 300},
    )
  })
})
