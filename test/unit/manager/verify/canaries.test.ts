import {expect} from 'chai'
import {CanaryLedger} from '../../../../src/manager/verify/canary/canary-ledger.js'
import {Canaries} from '../../../../src/manager/verify/canary/canaries.js'
import {CANARY_KINDS, canaryKeys, isCanary, type CanaryKind} from '../../../../src/manager/verify/canary/canary-keys.js'
import {removeLeftovers} from '../../../../src/manager/verify/canary/canary-register.js'
import {ClusterClient} from '../../../../src/manager/verify/canary/cluster-client.js'
import type {Reply} from '../../../../src/manager/ports.js'
import {address} from '../../../../src/model/address.js'
import {slotOf} from '../../../../src/model/slot.js'
import {SlotSet} from '../../../../src/model/slot-set.js'
import {errorReply, handClock, scriptedPool} from '../../../support/scripted-pool.js'

function ledgerOf(kind: CanaryKind, writes: number): CanaryLedger {
  const ledger = new CanaryLedger({kind, slot: 0, key: 'k'})
  for (let write = 0; write < writes; write++) ledger.next()
  return ledger
}

const numbers = (...all: readonly number[]): Reply => all.map((each) => Buffer.from(String(each)))

describe('keys of canaries', () => {
  it('lie in the slots that they were made for, of every kind, and are known as what they are', () => {
    const slots = SlotSet.of([0, 5, 9_000, 16_383])
    const keys = canaryKeys('id', slots, 16)
    expect(SlotSet.of(keys.map(({key}) => slotOf(Buffer.from(key)))).equals(slots)).to.equal(true)
    expect(keys).to.have.lengthOf(4 * CANARY_KINDS.length)
    expect(keys.every(({key, slot}) => isCanary(Buffer.from(key)) && slotOf(Buffer.from(key)) === slot)).to.equal(true)
    expect(isCanary(Buffer.from('tscluster:can'))).to.equal(false)
  })

  it('are spread over many slots, with the first and the last among them', () => {
    const slots = SlotSet.of(canaryKeys('id', SlotSet.parse('100-4195')!, 16).map(({slot}) => slot))
    expect(slots.size).to.equal(16)
    expect([slots.has(100), slots.has(4195)]).to.deep.equal([true, true])
  })
})

describe('the ledger of a canary', () => {
  for (const kind of ['list', 'set', 'zset'] as const) {
    it(`finds what is missing of a ${kind}`, () => {
      expect(ledgerOf(kind, 3).judge(numbers(1, 2, 3))).to.deep.equal({lost: 0, doubled: 0})
      expect(ledgerOf(kind, 3).judge(numbers(1, 3))).to.deep.equal({lost: 1, doubled: 0})
      expect(ledgerOf(kind, 3).judge(numbers())).to.deep.equal({lost: 3, doubled: 0})
    })
  }

  it('finds a write that a list or a counter took twice', () => {
    expect(ledgerOf('list', 2).judge(numbers(1, 2, 2))).to.deep.equal({lost: 0, doubled: 1})
    expect(ledgerOf('counter', 2).judge(Buffer.from('3'))).to.deep.equal({lost: 0, doubled: 1})
  })

  it('reads fields of a hash and entries of a stream', () => {
    expect(ledgerOf('hash', 2).judge([Buffer.from('1'), Buffer.from('x')])).to.deep.equal({lost: 1, doubled: 0})
    const entry = (number: string): Reply => [Buffer.from('1-1'), [Buffer.from('n'), Buffer.from(number)]]
    expect(ledgerOf('stream', 2).judge([entry('1'), entry('2')])).to.deep.equal({lost: 0, doubled: 0})
  })

  it('takes a write in doubt as it comes, and one that was refused for none', () => {
    for (const [found, what] of [
      [numbers(1, 3), 'not there'],
      [numbers(1, 2, 3), 'there'],
    ] as const) {
      const ledger = ledgerOf('list', 3)
      ledger.inDoubt(2)
      expect(ledger.judge(found), what).to.deep.equal({lost: 0, doubled: 0})
    }
    const refused = ledgerOf('counter', 3)
    refused.refused(3)
    expect(refused.judge(Buffer.from('2'))).to.deep.equal({lost: 0, doubled: 0})
    expect(refused.acknowledged).to.equal(2)
  })

  it('wants the last acknowledged string, or a later one in doubt', () => {
    const ledger = ledgerOf('string', 3)
    ledger.inDoubt(3)
    expect(ledger.judge(Buffer.from('2')).lost).to.equal(0)
    expect(ledger.judge(Buffer.from('3')).lost).to.equal(0)
    expect(ledger.judge(Buffer.from('1')).lost).to.equal(1)
    expect(ledger.judge(null).lost).to.equal(1)
  })
})

const OWNERS = new Map([[1, address('a', 1)]])

describe('the client of the canaries', () => {
  it('follows MOVED for good and ASK once, and tries again where it is asked to', async () => {
    const answers: (Reply | Error)[] = [
      errorReply('TRYAGAIN Multiple keys request during rehashing of slot'),
      errorReply('ASK 1 b:2'),
      'OK',
      errorReply('MOVED 1 b:2'),
      'OK',
      'OK',
    ]
    const pool = scriptedPool((_, command) => (command === 'ASKING' ? 'OK' : answers.shift()!))
    const client = new ClusterClient(pool, handClock(), OWNERS)
    for (const word of ['one', 'two', 'three']) {
      expect(await client.send(1, ['SET', 'k', word])).to.deep.equal({kind: 'answered', reply: 'OK'})
    }
    expect(pool.heard).to.deep.equal([
      'a:1 SET k one',
      'a:1 SET k one',
      'b:2 ASKING',
      'b:2 SET k one',
      'a:1 SET k two',
      'b:2 SET k two',
      'b:2 SET k three',
    ])
    expect(client.redirections).to.deep.equal({moved: 1, asked: 1, tryAgain: 1})
    expect(client.carriedOutOn(address('b', 2)).get('set')).to.equal(3)
  })

  it('says what was refused, and does not say that a broken connection refused it', async () => {
    const pool = scriptedPool((_, command) => {
      if (command === 'SET k broken') throw new Error('Socket closed')
      return errorReply('OOM command not allowed')
    })
    const client = new ClusterClient(pool, handClock(), OWNERS)
    expect((await client.send(1, ['SET', 'k', 'v'])).kind).to.equal('refused')
    expect((await client.send(1, ['SET', 'k', 'broken'])).kind).to.equal('in-doubt')
  })

  it('gives up when no node takes the command for long', async () => {
    const pool = scriptedPool(() => errorReply('CLUSTERDOWN The cluster is down'))
    const client = new ClusterClient(pool, handClock(), OWNERS)
    expect((await client.send(1, ['SET', 'k', 'v'])).kind).to.equal('refused')
  })
})

describe('canaries', () => {
  it('leave out kinds that the server does not have, and remove all that they wrote', async () => {
    const held = new Map<string, number>()
    const pool = scriptedPool((_, __, [name, key]) => {
      if (name === 'XADD') return errorReply('ERR unknown command')
      if (name === 'UNLINK') held.clear()
      if (name === 'INCR' || name === 'SET') held.set(String(key), 1)
      if (name === 'GET') return held.has(String(key)) ? '1' : null
      return name === 'LRANGE' || name === 'SMEMBERS' || name === 'ZRANGE' ? ['1'] : name === 'HGETALL' ? ['1', 'x'] : 1
    })
    const client = new ClusterClient(pool, handClock(), OWNERS)
    const canaries = new Canaries(client, handClock(), {id: 'run', slots: SlotSet.of([1]), rate: 100})
    const starting = canaries.start()
    await starting
    await canaries.stop()
    const report = await canaries.judge()
    expect(report).to.deep.include({slots: 1, refused: 0, doubled: 0, complete: true})
    expect(await canaries.remove()).to.equal(true)
    expect(held.size).to.equal(0)
    expect(pool.heard.find((line) => line.includes('HSET tscluster:canary:runs run 1'))).to.not.equal(undefined)
    expect(pool.heard.at(-1)).to.contain('HDEL tscluster:canary:runs run')
  })

  it('of a run that was killed are found in the register and removed', async () => {
    const pool = scriptedPool((_, __, [name]) => (name === 'HGETALL' ? ['dead', '1'] : 1))
    const client = new ClusterClient(pool, handClock(), OWNERS)
    expect(await removeLeftovers(client)).to.equal(CANARY_KINDS.length)
    expect(pool.heard.filter((line) => line.includes('UNLINK tscluster:canary:dead:'))).to.have.lengthOf(7)
    expect(pool.heard.at(-1)).to.contain('HDEL tscluster:canary:runs dead')
  })
})
