import {expect} from 'chai'
import {Database} from '../../../../src/engine/keyspace/database.js'
import {ExpiryCycle} from '../../../../src/engine/keyspace/expiry-cycle.js'

describe('keyspace/expiry-cycle', () => {
  const NOW = 1_000_000
  let database: Database
  let deleted: number
  let mayExpire: boolean
  let cycle: ExpiryCycle

  beforeEach(() => {
    deleted = 0
    mayExpire = true
    const silent = (): void => undefined
    const hooks = {
      mayDeleteExpired: () => true,
      ignoresExpiry: () => false,
      expired: silent,
      added: silent,
      modified: silent,
    }
    database = new Database(0, hooks)
    database.nowMs = NOW
    cycle = new ExpiryCycle({databases: [database], mayExpire: () => mayExpire, deleted: () => void deleted++})
  })

  function put(count: number, atMs: number, name: string): void {
    for (let at = 0; at < count; at++) {
      database.set(`${name}${at}`, 'v')
      database.setExpiry(`${name}${at}`, atMs)
    }
  }

  it('goes on in one tick while many of those it looks at have expired', () => {
    put(5_000, NOW - 1, 'old')
    cycle.tick()
    expect([database.size, deleted]).to.deep.equal([0, 5_000])
  })

  it('looks at a bounded number of keys, and at the rest in later ticks', () => {
    put(30_000, NOW - 1, 'old')
    cycle.tick()
    expect(database.size).to.equal(10_000)
    cycle.tick()
    expect(database.size).to.equal(0)
  })

  it('looks at few keys when few have expired, but at all of them in time', () => {
    put(400, NOW + 60_000, 'living')
    put(1, NOW - 1, 'old')
    for (let tick = 0; tick < 25; tick++) cycle.tick()
    expect([database.size, deleted]).to.deep.equal([400, 1])
  })

  it('leaves keys alone where it may not expire any', () => {
    put(10, NOW - 1, 'old')
    mayExpire = false
    cycle.tick()
    expect(database.size).to.equal(10)
  })

  it('keeps an average of the time that keys have left', () => {
    put(100, NOW + 60_000, 'living')
    cycle.tick()
    expect(database.averageTtlMs).to.equal(60_000)
  })
})
