/** Looking at large clusters: how many nodes are asked at once, and how much of what they say is read. */
import {expect} from 'chai'
import {largeCluster} from '../../../bench/generated-accounts.js'
import {check} from '../../../src/manager/check/check.js'
import {observe} from '../../../src/manager/observe.js'
import type {NodePool} from '../../../src/manager/ports.js'
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
  const connect: NodePool['connect'] = async (where, channel) => {
    worst = Math.max(worst, ++open)
    await new Promise((resolve) => setImmediate(resolve))
    open--
    return scripted.connect(where, channel)
  }
  return {pool: {...scripted, connect}, worst: () => worst}
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
