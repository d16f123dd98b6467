/** Looking at large clusters: how many nodes are asked at once, and how much of what they say is read. */
import {expect} from 'chai'
import {largeCluster} from '../../../bench/generated-accounts.js'
import {check} from '../../../src/manager/check/check.js'
import {observe, withAllKeyCounts} from '../../../src/manager/observe.js'
import type {NodePool, Reply} from '../../../src/manager/ports.js'
import {distinctLines} from '../../../src/manager/view/lines.js'
import {address, formatAddress} from '../../../src/model/address.js'
import {scriptedPool} from '../../support/scripted-pool.js'

const CLUSTER = largeCluster(300)
const CLUSTER_INFO = 'cluster_state:ok\r\ncluster_current_epoch:150\r\n'
const ENTRY = address(CLUSTER.address(0).host, CLUSTER.address(0).port)

/** The pool, and how many nodes were being connected to at the worst moment. */
function largePool(): {readonly pool: NodePool; readonly worst: () => number} {
  const numbers = new Map(
    Array.from({length: CLUSTER.nodes}, (_, node) => [formatAddress(CLUSTER.address(node)), node]),
  )
  const scripted = scriptedPool((name, command) => {
    const node = numbers.get(name)!
    return command === 'INFO' ? CLUSTER.info(node) : command === 'CLUSTER NODES' ? CLUSTER.account(node) : CLUSTER_INFO
  })
  let [open, worst] = [0, 0]
  const connectLines: NodePool['connectLines'] = async (where, channel) => {
    worst = Math.max(worst, ++open)
    await new Promise((resolve) => setImmediate(resolve))
    open--
    return scripted.connectLines(where, channel)
  }
  return {pool: {...scripted, connectLines}, worst: () => worst}
}

describe('a look at a cluster of hundreds of nodes', () => {
  it('asks every node, some at a time, and finds a healthy cluster', async () => {
    const {pool, worst} = largePool()
    const view = await observe(pool, [ENTRY])
    expect(view.nodes.map(({address: {host, port}}) => ({host, port}))).to.have.deep.members(
      Array.from({length: CLUSTER.nodes}, (_, node) => CLUSTER.address(node)),
    )
    expect(worst()).to.be.within(2, 128)
    expect(check(view)).to.deep.equal([])
  })

  it('holds what all say alike once', async () => {
    const view = await observe(largePool().pool, [ENTRY])
    expect(distinctLines(view.nodes).size).to.equal(2 * CLUSTER.nodes)
  })
})

/** Three nodes on ports 7001 to 7003, `a…`, `b…` and `c…`; whom each of them knows, itself apart. */
function smallPool(knows: Readonly<Record<string, string>>, answers: Readonly<Record<string, Reply>> = {}): NodePool {
  const lineOf = (name: string, self: string): string => {
    const place = 'abc'.indexOf(name) + 1
    const slots = ['0-5460', '5461-10922', '10923-16383'][place - 1]!
    const flags = name === self ? 'myself,master' : 'master'
    return `${name.repeat(40)} 10.0.0.1:${7000 + place}@${17_000 + place} ${flags} - 0 0 ${place} connected ${slots}`
  }
  return scriptedPool((node, command) => {
    const self = 'abc'[Number(node.slice(-1)) - 1]!
    const special = answers[`${self} ${command}`]
    if (special !== undefined) return special
    if (command === 'INFO') return 'redis_version:7.0.15\r\ntscluster_version:0.1.0\r\ncluster_enabled:1\r\n'
    if (command === 'CLUSTER INFO') return CLUSTER_INFO
    if (command === 'CLUSTER NODES') return [self, ...knows[self]!].map((name) => lineOf(name, self)).join('\n')
    return command.startsWith('CLUSTER COUNTKEYSINSLOT') ? 0 : []
  })
}

const SMALL_ENTRY = address('10.0.0.1', 7001)

describe('a look at a cluster', () => {
  it('asks nodes that the entry has forgotten and others remember', async () => {
    const view = await observe(smallPool({a: 'b', b: 'ac', c: 'ab'}), [SMALL_ENTRY])
    expect(view.nodes.map(({address: {port}}) => port)).to.deep.equal([7001, 7002, 7003])
    expect(check(view).map(({code}) => code)).to.include.members(['slots-disagree', 'node-unknown'])
    expect(check(view).map(({code}) => code)).not.to.include('slots-uncovered')
  })

  it('does not count keys that an atomic move is bringing', async () => {
    const job = ['operation', 'IMPORT', 'slot_ranges', '5-6', 'state', 'occurring']
    const counts = {'b CLUSTER COUNTKEYSINSLOT 5': 3, 'b CLUSTER COUNTKEYSINSLOT 7': 2}
    const pool = smallPool({a: 'bc', b: 'ac', c: 'ab'}, {...counts, 'b CLUSTER GETSLOTMIGRATIONS': [job]})
    const {keysInSlot} = await withAllKeyCounts(pool, await observe(pool, [SMALL_ENTRY]))
    const onB = (slot: number): number | undefined => keysInSlot.get(slot)!.get('b'.repeat(40))
    expect([onB(5), onB(7)]).to.deep.equal([0, 2])
  })
})
