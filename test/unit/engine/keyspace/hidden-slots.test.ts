/** Keys of slots that are on their way in: there for those who name them, and nowhere else. */
import {expect} from 'chai'
import {SlotSet} from '../../../../src/model/slot-set.js'
import {Database} from '../../../../src/engine/keyspace/database.js'
import {scanKeys} from '../../../../src/engine/keyspace/scan-keys.js'
import {countingRng} from '../../../support/engine/seeded-rng.js'

const NO_HOOKS = {
  mayDeleteExpired: () => true,
  ignoresExpiry: () => false,
  expired: () => undefined,
  added: () => undefined,
  modified: () => undefined,
}

describe('hidden slots', () => {
  it('are left out by whoever walks over all keys', () => {
    const database = new Database(0, NO_HOOKS)
    for (const key of ['a', 'b', '{b}1', '{b}2', 'c']) database.set(key, 'value')
    database.setExpiry('{b}1', 5000)
    database.setExpiry('c', 6000)
    database.hiddenSlots = SlotSet.of([3300])
    expect(database.countVisible()).to.deep.equal({keys: 2, expiring: 1})
    expect([...database.entries()].map(([key]) => key)).to.have.members(['a', 'c'])
    expect([...database.expiries()].map(([key]) => key)).to.deep.equal(['c'])
    const found: string[] = []
    expect(scanKeys(database, 0, 100, found)).to.equal(0)
    expect(found).to.have.members(['a', 'c'])
    const rng = countingRng(3)
    const drawn = Array.from({length: 30}, () => database.randomKey(rng))
    expect(new Set(drawn)).to.deep.equal(new Set(['a', 'c']))
    expect(database.get('{b}2')).to.equal('value')
    expect(database.countKeysInSlot(3300)).to.equal(3)
    database.hiddenSlots = undefined
    expect(database.countVisible()).to.deep.equal({keys: 5, expiring: 2})
  })
})
