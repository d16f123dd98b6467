import {expect} from 'chai'
import {meddlingBetween, readWriteCounts, type WriteCounts} from '../../../../src/manager/verify/client-writes.js'
import {judgeKeys, type KeysVerdict} from '../../../../src/manager/verify/judge.js'
import {KeyTable} from '../../../../src/manager/verify/key-table.js'
import type {Reading} from '../../../../src/manager/verify/reading.js'
import {SlotSums} from '../../../../src/manager/verify/slot-sums.js'
import {digestString} from '../../../../src/manager/verify/value-digest.js'
import {address} from '../../../../src/model/address.js'
import {SlotSet} from '../../../../src/model/slot-set.js'
import {scriptedPool} from '../../../support/scripted-pool.js'

const WRITES = new Set(['set', 'del', 'restore', 'migrate', 'lpop'])

function counts(calls: Readonly<Record<string, number>>, more: Partial<WriteCounts> = {}): WriteCounts {
  return {runId: 'run', calls: new Map(Object.entries(calls)), writes: WRITES, expired: 0, evicted: 0, ...more}
}

const NONE = new Map<string, number>()

describe('what clients may have done', () => {
  it('is nothing where only reads and moves of keys were counted', () => {
    const before = counts({get: 5, restore: 1})
    const after = counts({get: 50, restore: 100, migrate: 7, set: 0})
    expect(meddlingBetween(before, after, NONE)).to.deep.equal({wrote: false, removed: false})
  })

  it('is to write where they wrote, and to take away where a command can', () => {
    expect(meddlingBetween(counts({set: 1}), counts({set: 2}), NONE)).to.deep.equal({wrote: true, removed: false})
    for (const name of ['del', 'lpop']) {
      expect(meddlingBetween(counts({}), counts({[name]: 1}), NONE)).to.deep.equal({wrote: true, removed: true})
    }
  })

  it('is not what our own writers did', () => {
    const ours = new Map([['set', 4]])
    expect(meddlingBetween(counts({set: 1}), counts({set: 5}), ours)).to.deep.equal({wrote: false, removed: false})
    expect(meddlingBetween(counts({set: 1}), counts({set: 6}), ours)).to.deep.equal({wrote: true, removed: false})
  })

  it('includes a new time to live that has ended, and evictions', () => {
    const ended = meddlingBetween(counts({set: 1}), counts({set: 2}, {expired: 1}), NONE)
    const evicted = meddlingBetween(counts({}), counts({}, {evicted: 1}), NONE)
    expect([ended.removed, evicted.removed]).to.deep.equal([true, true])
    // What expires by a time that was set before is told from a loss by that time.
    expect(meddlingBetween(counts({}), counts({}, {expired: 9}), NONE).removed).to.equal(false)
  })

  it('may be anything after a restart, a reset, or where the node does not tell', () => {
    const anything = {wrote: true, removed: true}
    expect(meddlingBetween(counts({}), counts({}, {runId: 'other'}), NONE)).to.deep.equal(anything)
    expect(meddlingBetween(counts({set: 5}), counts({set: 2}), NONE)).to.deep.equal(anything)
    expect(meddlingBetween(undefined, counts({}), NONE)).to.deep.equal(anything)
  })

  it('is read from INFO and COMMAND', async () => {
    const pool = scriptedPool((_, command) => {
      if (command === 'INFO commandstats') {
        return 'cmdstat_set:calls=3,usec=9\r\ncmdstat_xgroup|create:calls=1,usec=2\r\n'
      }
      if (command === 'INFO stats') return 'expired_keys:4\r\nevicted_keys:5\r\n'
      if (command === 'INFO server') return 'run_id:abc\r\n'
      return [
        ['set', -3, ['write', 'denyoom']],
        ['get', 2, ['readonly']],
      ]
    })
    expect(await readWriteCounts(await pool.connect(address('a', 1)))).to.deep.equal({
      runId: 'abc',
      calls: new Map([
        ['set', 3],
        ['xgroup|create', 1],
      ]),
      writes: new Set(['set']),
      expired: 4,
      evicted: 5,
    })
  })
})

interface PaperKey {
  readonly value?: string | null
  readonly ttl?: number
}

function reading(
  keys: Readonly<Record<string, PaperKey>>,
  owner: string,
  writes: WriteCounts | undefined = counts({}),
  strays: ReadonlyMap<number, number> = new Map(),
): Reading {
  const [table, sums] = [new KeyTable(), new SlotSums(0)]
  for (const [name, {value = 'x', ttl = 0}] of Object.entries(keys)) {
    const digest = value === null ? null : digestString(value)
    const record = {slot: 7, database: 0, key: Buffer.from(name), value: digest, expireAtMs: ttl}
    table.add(record)
    sums.add(record)
  }
  return {
    slots: SlotSet.of([7]),
    keys: table,
    sums,
    owners: new Map([[7, owner]]),
    addresses: new Map(),
    strays,
    writes: new Map([
      ['source', counts({})],
      ['target', writes],
    ]),
  }
}

function judge(before: Reading, after: Reading): KeysVerdict {
  return judgeKeys(before, after, {ttlToleranceMs: 5_000, nowMs: 100_000, namesAtMost: 10, ours: () => NONE})
}

describe('what became of moved keys', () => {
  const before = reading({a: {}, b: {}, c: {ttl: 900_000}, d: {ttl: 90_000}}, 'source')

  it('is nothing, where all of them are there', () => {
    const after = reading({c: {ttl: 903_000}, b: {}, a: {}, d: {ttl: 90_000}}, 'target')
    expect(judge(before, after)).to.include({same: 4, lost: 0, damaged: 0, strays: 0, ttlShifted: 0})
  })

  it('is lost or damaged where no client can have done it; what had to expire has expired', () => {
    const verdict = judge(before, reading({b: {value: 'y'}, c: {}}, 'target'))
    expect(verdict).to.include({lost: 1, damaged: 2, gone: 0, changed: 0, expired: 1})
    expect(verdict.keys.map(({key, fate}) => `${key} ${fate}`)).to.deep.equal(['a lost', 'b damaged', 'c damaged'])
  })

  it('cannot be told where clients did such things on one of the two nodes', () => {
    const busy = counts({set: 10, del: 1})
    const verdict = judge(before, reading({b: {value: 'y'}, c: {ttl: 900_000}, e: {}}, 'target', busy))
    expect(verdict).to.include({lost: 0, damaged: 0, gone: 1, changed: 1, added: 1})
  })

  it('is lost under load, too, where clients only wrote', () => {
    const busy = counts({set: 10})
    const verdict = judge(before, reading({b: {value: 'y'}, c: {ttl: 900_000}}, 'target', busy))
    expect(verdict).to.include({lost: 1, damaged: 0, gone: 0, changed: 1})
  })

  it('counts keys on nodes that do not own their slot, values that nobody could read, and longer lives', () => {
    const after = reading(
      {a: {value: null}, b: {}, c: {ttl: 950_000}, d: {ttl: 90_000}},
      'target',
      counts({}),
      new Map([[7, 2]]),
    )
    const verdict = judge(before, after)
    expect(verdict).to.include({strays: 2, unread: 1, ttlShifted: 1, lost: 0, damaged: 0})
    expect(verdict.straySlots.toString()).to.equal('7')
  })
})
