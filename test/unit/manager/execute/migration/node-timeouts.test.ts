import {expect} from 'chai'
import {address} from '../../../../../src/model/address.js'
import {NodeTimeouts, type Member} from '../../../../../src/manager/execute/migration/node-timeouts.js'
import {raisedTimeoutMs} from '../../../../../src/manager/plan/raised-timeout.js'
import {failureOf} from '../../../../support/failure-of.js'
import {errorReply, handClock, scriptedPool, type Script} from '../../../../support/scripted-pool.js'

const MEMBERS: readonly Member[] = ['a', 'b', 'c'].map((name) => ({id: name.repeat(40), address: address(name, 1)}))
const ENDS = [MEMBERS[0]!.id, MEMBERS[1]!.id]

/** Three nodes with these timeouts, which remember what they are told unless `refuses` has a word. */
function nodesWith(own: Record<string, number>, refuses: Script = () => 'OK') {
  const values = new Map(Object.entries(own))
  const pool = scriptedPool((node, command, argv) => {
    const refusal = refuses(node, command, argv)
    if (refusal !== 'OK') return refusal
    if (command.startsWith('CONFIG GET')) return ['cluster-node-timeout', String(values.get(node))]
    if (command.startsWith('CONFIG SET')) values.set(node, Number(argv[3]))
    return command === 'CLUSTER NODES' ? '' : 'OK'
  })
  return {pool, timeouts: new NodeTimeouts(pool, handClock()), current: () => Object.fromEntries(values)}
}

const OWN = {'a:1': 2_000, 'b:1': 2_000, 'c:1': 5_000}

describe('node timeouts while a big key moves', () => {
  it('are as long as is needed, and each node has its own again afterwards', async () => {
    const {timeouts, current} = nodesWith(OWN)
    await timeouts.during({members: MEMBERS, neededMs: 3_000, ends: ENDS}, () => {
      const long = raisedTimeoutMs(2_000, 3_000)
      expect(current()).to.deep.equal({'a:1': long, 'b:1': long, 'c:1': 5_000})
      return Promise.resolve()
    })
    expect(current()).to.deep.equal(OWN)
  })

  it('are put back when the move fails', async () => {
    const {timeouts, current} = nodesWith(OWN)
    const error = await failureOf(
      timeouts.during({members: MEMBERS, neededMs: 9_000, ends: ENDS}, () => Promise.reject(errorReply('OOM'))),
    )
    expect(error.message).to.equal('OOM')
    expect(current()).to.deep.equal(OWN)
  })

  it('stay raised as long as the key of any lane needs them', async () => {
    const {timeouts, current} = nodesWith(OWN)
    await timeouts.during({members: MEMBERS, neededMs: 4_000, ends: ENDS}, async () => {
      await timeouts.during({members: MEMBERS, neededMs: 30_000, ends: ENDS}, () => {
        expect(Math.min(...Object.values(current()))).to.be.at.least(30_000)
        return Promise.resolve()
      })
      expect(current()['a:1']).to.equal(raisedTimeoutMs(2_000, 4_000))
    })
    expect(current()).to.deep.equal(OWN)
  })

  it('wait, before they are put back, until every node has heard again from those that were silent', async () => {
    let waiting = 3
    const silent = `${ENDS[1]} b:1@1 master - 1700000000000 0 2 connected`
    const {pool, timeouts} = nodesWith(OWN, (node, command) =>
      command === 'CLUSTER NODES' && node === 'c:1' && waiting-- > 0 ? silent : 'OK',
    )
    await timeouts.during({members: MEMBERS, neededMs: 9_000, ends: ENDS}, () => Promise.resolve())
    const end = pool.heard.slice(pool.heard.lastIndexOf('c:1 CLUSTER NODES'))
    expect(pool.heard.filter((line) => line === 'c:1 CLUSTER NODES')).to.have.lengthOf(4)
    expect(end).to.include('c:1 CONFIG SET cluster-node-timeout 5000')
  })

  it('are not raised half: where one node refuses, the others get theirs back and nothing moves', async () => {
    const {timeouts, current} = nodesWith(OWN, (node, command) =>
      node === 'c:1' && command.startsWith('CONFIG SET') ? errorReply('NOPERM no') : 'OK',
    )
    const moved = (): Promise<void> => expect.fail('the key must not move')
    const error = await failureOf(timeouts.during({members: MEMBERS, neededMs: 9_000, ends: ENDS}, moved))
    expect(error.message).to.equal('NOPERM no')
    expect(current()).to.deep.equal(OWN)
  })

  it('are not raised where a node does not tell its own: it could not be put back', async () => {
    const {pool, timeouts} = nodesWith(OWN, (node, command) => (node === 'b:1' && command.includes('GET') ? [] : 'OK'))
    expect((await failureOf(timeouts.mayRaise(MEMBERS))).code).to.equal('not-permitted')
    expect(pool.heard.some((line) => line.includes('CONFIG SET'))).to.equal(false)
    expect(await timeouts.shortestMs(MEMBERS)).to.equal(2_000)
  })

  it('that cannot be put back are told with the command that does it', async () => {
    let broken = false
    const {timeouts} = nodesWith(OWN, (node, command) =>
      broken && node === 'a:1' && command.startsWith('CONFIG SET') ? errorReply('ERR disk on fire') : 'OK',
    )
    await timeouts.during({members: MEMBERS, neededMs: 9_000, ends: ENDS}, () => {
      broken = true
      return Promise.resolve()
    })
    const error = await timeouts.restore()
    expect(error?.hint).to.equal('on a:1 CONFIG SET cluster-node-timeout 2000')
    broken = false
    expect(await timeouts.restore()).to.equal(undefined)
  })

  it('that a killed run left raised count as what they were, and are put back with the others', async () => {
    const left = raisedTimeoutMs(2_000, 8_000)
    const {timeouts, current} = nodesWith({...OWN, 'a:1': left, 'b:1': left})
    expect(await timeouts.shortestMs(MEMBERS)).to.equal(2_000)
    await timeouts.during({members: MEMBERS, neededMs: 9_000, ends: ENDS}, () => Promise.resolve())
    expect(current()).to.deep.equal(OWN)
  })
})
