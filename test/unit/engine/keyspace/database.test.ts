import {expect} from 'chai'
import {Database, type DatabaseHooks} from '../../../../src/engine/keyspace/database.js'
import {keySlot} from '../../../../src/engine/keyspace/key-slot.js'
import {countingRng} from '../../../support/engine/seeded-rng.js'

describe('keyspace/database', () => {
  let told: string[]
  let mayDelete: boolean
  let ignoresExpiry: boolean

  function open(index = 0): Database {
    const hooks: DatabaseHooks = {
      mayDeleteExpired: () => mayDelete,
      ignoresExpiry: () => ignoresExpiry,
      expired: (_, key) => told.push(`expired ${key}`),
      added: (_, key) => told.push(`added ${key}`),
      modified: (_, key) => told.push(`modified ${key}`),
    }
    const database = new Database(index, hooks)
    database.nowMs = 1_000_000
    return database
  }

  beforeEach(() => {
    told = []
    mayDelete = true
    ignoresExpiry = false
  })

  it('counts keys and expiries, slot by slot', () => {
    const database = open()
    for (const key of ['{a}1', '{a}2', 'b']) database.set(key, 'v')
    database.setExpiry('b', 2_000_000)
    expect([database.size, database.expiringKeys, database.countKeysInSlot(keySlot('{a}'))]).to.deep.equal([3, 1, 2])
    expect([...database.keysInSlot(keySlot('a')).keys()]).to.deep.equal(['{a}1', '{a}2'])
    database.delete('b')
    expect([database.size, database.expiringKeys, database.delete('b')]).to.deep.equal([2, 0, false])
  })

  it('says which keys are new', () => {
    const database = open()
    database.set('k', '1')
    database.set('k', '2')
    database.setKeepingExpiry('k', '3')
    expect(told).to.deep.equal(['added k'])
  })

  it('deletes a key that is found past its time, and says so', () => {
    const database = open()
    database.set('k', 'v')
    database.setExpiry('k', 1_000_500)
    database.nowMs = 1_000_501
    expect([database.get('k'), database.size]).to.deep.equal([undefined, 0])
    expect(told).to.deep.equal(['added k', 'expired k', 'modified k'])
  })

  it('hides it where it may not be deleted, and shows it to whoever is not to judge', () => {
    const database = open()
    database.set('k', 'v')
    database.setExpiry('k', 1_000_500)
    database.nowMs = 1_000_501
    mayDelete = false
    expect([database.get('k'), database.has('k'), database.peek('k'), database.size]).to.deep.equal([
      undefined,
      false,
      'v',
      1,
    ])
    ignoresExpiry = true
    expect([database.get('k'), database.isExpired('k')]).to.deep.equal(['v', false])
  })

  it('trades everything with another database', () => {
    const [first, second] = [open(0), open(1)]
    first.set('k', '1')
    first.setExpiry('k', 2_000_000)
    second.set('l', '2')
    second.set('m', '3')
    first.swapWith(second)
    expect([first.size, first.get('l'), first.expiringKeys]).to.deep.equal([2, '2', 0])
    expect([second.size, second.expiryOf('k')]).to.deep.equal([1, 2_000_000])
    second.clear()
    expect([second.size, second.expiringKeys, second.get('k')]).to.deep.equal([0, 0, undefined])
  })

  it('tells a snapshot of every change before it happens', () => {
    const database = open()
    const seen: string[] = []
    database.set('k', 'old')
    database.observer = {
      beforeChange: (_, key) => seen.push(`${key}=${JSON.stringify(database.peek(key))}`),
      beforeClear: () => seen.push('clear'),
      beforeSwap: () => seen.push('swap'),
    }
    database.set('k', 'new')
    database.setExpiry('k', 2_000_000)
    database.removeExpiry('k')
    database.removeExpiry('k')
    database.delete('k')
    database.clear()
    expect(seen).to.deep.equal(['k="old"', 'k="new"', 'k="new"', 'k="new"', 'clear'])
  })

  it('draws random keys from everywhere, and from a slot too large to be walked', () => {
    const [spread, crowded] = [open(), open()]
    for (let at = 0; at < 20; at++) spread.set(`k${at}`, 'v')
    for (let at = 0; at < 3_000; at++) crowded.set(`{tag}${at}`, 'v')
    const rng = countingRng(5)
    const drawn = (database: Database, times: number): number =>
      new Set(Array.from({length: times}, () => database.randomKey(rng))).size
    expect(drawn(spread, 400)).to.equal(20)
    expect(drawn(crowded, 100)).to.be.greaterThan(90)
    expect(open().randomKey(rng)).to.equal(undefined)
  })
})
