import {expect} from 'chai'
import {Database} from '../../../../src/engine/keyspace/database.js'
import {scanKeys} from '../../../../src/engine/keyspace/scan-keys.js'

describe('keyspace/scan-keys', () => {
  const silent = (): void => undefined
  const hooks = {
    mayDeleteExpired: () => true,
    ignoresExpiry: () => false,
    expired: silent,
    added: silent,
    modified: silent,
  }
  let database: Database

  beforeEach(() => {
    database = new Database(0, hooks)
  })

  function scanAll(count: number, between: () => void = silent): string[] {
    const found: string[] = []
    for (let cursor = scanKeys(database, 0, count, found); cursor !== 0;) {
      between()
      cursor = scanKeys(database, cursor, count, found)
    }
    return found
  }

  it('never misses a key that is there all the time, whatever else comes and goes', () => {
    for (let at = 0; at < 200; at++) database.set(`{big}kept${at}`, 'v')
    for (let at = 0; at < 200; at++) database.set(`kept${at}`, 'v')
    let turn = 0
    const found = scanAll(10, () => {
      database.set(`{big}new${turn}`, 'v')
      database.delete(`{big}new${turn - 1}`)
      database.set(`new${turn++}`, 'v')
    })
    const kept = new Set(found.filter((key) => key.includes('kept')))
    expect(kept.size).to.equal(400)
  })

  it('a forgotten place inside a slot begins that slot again, not the whole walk', () => {
    for (let at = 0; at < 200; at++) database.set(`{big}${at}`, 'v')
    const cursor = scanKeys(database, 0, 50, [])
    const slot = cursor % 16_384
    for (let more = 0; more < 1_100; more++) scanKeys(database, slot, 50, [])
    const found: string[] = []
    scanKeys(database, cursor, 1_000, found)
    expect(found).to.have.length(200)
  })

  it('an empty database is told in one call', () => {
    expect(scanAll(10)).to.deep.equal([])
  })
})
