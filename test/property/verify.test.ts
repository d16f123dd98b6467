/** Digests of values, whatever is in them; comparisons, whatever was done. */
import {expect} from 'chai'
import fc from 'fast-check'
import {formatDigest, type Digest} from '../../src/model/digest.js'
import {SlotSet} from '../../src/model/slot-set.js'
import {slotOf} from '../../src/model/slot.js'
import {compareSides, type SidesReport} from '../../src/manager/verify/compare-sides.js'
import {compareTables} from '../../src/manager/verify/compare.js'
import type {KeyRecord} from '../../src/manager/verify/key-record.js'
import {KeyTable} from '../../src/manager/verify/key-table.js'
import type {Side} from '../../src/manager/verify/side.js'
import {SlotSums} from '../../src/manager/verify/slot-sums.js'
import {
  digestList,
  digestString,
  ListDigest,
  MembersDigest,
  StringDigest,
} from '../../src/manager/verify/value-digest.js'

const bytes = fc.uint8Array({maxLength: 24})
const RUNS = {numRuns: 80}

function setDigest(members: readonly Uint8Array[], distinct = false): string {
  const set = new MembersDigest('set', distinct)
  for (const member of members) set.add(member)
  return formatDigest(set.finish())
}

function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  return items
    .map((item, index) => ({item, rank: Math.imul(index + 1, seed | 1) >>> 0}))
    .sort((a, b) => a.rank - b.rank)
    .map(({item}) => item)
}

const distinctBytes = fc.uniqueArray(bytes, {
  minLength: 1,
  maxLength: 12,
  selector: (each) => Buffer.from(each).toString('hex'),
})

describe('digests of values', () => {
  it('do not depend on the order of members, nor on a scan that tells some of them twice', () => {
    fc.assert(
      fc.property(distinctBytes, fc.integer(), (members, seed) => {
        const mixed = shuffled(members, seed)
        expect(setDigest(mixed)).to.equal(setDigest(members))
        expect(setDigest([...mixed, ...members], true)).to.equal(setDigest(members))
      }),
      RUNS,
    )
  })

  it('change with any member that is added, taken away or changed', () => {
    fc.assert(
      fc.property(distinctBytes, (members) => {
        const whole = setDigest(members)
        expect(setDigest(members.slice(1))).to.not.equal(whole)
        expect(setDigest([...members.slice(1), Buffer.concat([members[0]!, Buffer.from('x')])])).to.not.equal(whole)
      }),
      RUNS,
    )
  })

  it('depend on the order of a list, and not on the pieces in which a list or a string is read', () => {
    fc.assert(
      fc.property(distinctBytes, fc.nat(12), (items, cut) => {
        const list = new ListDigest()
        for (const part of [items.slice(0, cut), items.slice(cut)]) for (const item of part) list.append(item)
        expect(formatDigest(list.finish())).to.equal(formatDigest(digestList(items)))
        const joined = Buffer.concat(items)
        const string = new StringDigest().append(joined.subarray(0, cut)).append(joined.subarray(cut))
        expect(formatDigest(string.finish())).to.equal(formatDigest(digestString(joined)))
        if (items.length < 2) return
        expect(formatDigest(digestList([...items].reverse()))).to.not.equal(formatDigest(digestList(items)))
      }),
      RUNS,
    )
  })

  it('tell values of two types apart, though their bytes are the same', () => {
    fc.assert(
      fc.property(distinctBytes, (items) => {
        const digests: Digest[] = [digestString(Buffer.concat(items)), digestList(items)]
        const names = [...digests.map(formatDigest), setDigest(items)]
        expect(new Set(names).size).to.equal(3)
      }),
      RUNS,
    )
  })
})

interface PaperKey {
  readonly name: string
  readonly value: string
  readonly ttl: number
}

const paperKeys = fc.uniqueArray(
  fc.record({name: fc.string({minLength: 1}), value: fc.string(), ttl: fc.constantFrom(0, 60_000, 90_000_000)}),
  {maxLength: 30, selector: ({name}) => Buffer.from(name).toString('hex')},
)

function recordOf({name, value, ttl}: PaperKey): KeyRecord {
  const key = Buffer.from(name)
  return {slot: slotOf(key), database: 0, key, value: digestString(value), expireAtMs: ttl}
}

function tableOf(keys: readonly PaperKey[]): KeyTable {
  const table = new KeyTable()
  for (const key of keys) table.add(recordOf(key))
  return table
}

function paperSide(keys: readonly PaperKey[]): Side {
  return {
    name: 'paper',
    read: (slots, take) => {
      for (const record of keys.map(recordOf)) if (slots.has(record.slot)) take(record)
      return Promise.resolve()
    },
  }
}

function comparison(a: readonly PaperKey[], b: readonly PaperKey[]): Promise<SidesReport> {
  const options = {slots: SlotSet.ALL, ttlToleranceMs: 5_000, nowMs: () => 1_000, namesAtMost: 100}
  return compareSides(paperSide(a), paperSide(b), options)
}

describe('comparing', () => {
  it('finds equal what is equal, in any order', async () => {
    await fc.assert(
      fc.asyncProperty(paperKeys, fc.integer(), async (keys, seed) => {
        const report = await comparison(keys, shuffled(keys, seed))
        expect(report.differing).to.deep.equal([])
        expect(report.keysA).to.equal(keys.length)
      }),
      RUNS,
    )
  })

  it('finds exactly the key that is missing, other, or lives another time', async () => {
    await fc.assert(
      fc.asyncProperty(paperKeys, fc.nat(), fc.constantFrom('missing', 'value', 'ttl'), async (keys, pick, change) => {
        if (keys.length === 0) return
        const victim = keys[pick % keys.length]!
        const others = keys.filter((key) => key !== victim)
        const changed = {...victim, ...(change === 'value' ? {value: `${victim.value}!`} : {ttl: victim.ttl + 30_000})}
        const {keys: named} = await comparison(keys, change === 'missing' ? others : [...others, changed])
        const expected = {missing: 'missing-in-b', value: 'different', ttl: victim.ttl === 0 ? 'different' : 'ttl'}
        const found = named.map(({difference}) => difference)
        expect(named).to.have.lengthOf(1)
        // One that had no time to live and has one now differs in this.
        if (change === 'ttl' && victim.ttl === 0) expect(found[0]).to.be.oneOf(['ttl', 'different'])
        else expect(found).to.deep.equal([expected[change]])
        expect(named[0]!.key).to.equal(Buffer.from(victim.name).toString())
      }),
      RUNS,
    )
  })

  it('takes times within the tolerance for the same, and a key whose time has come for no loss', () => {
    const key = {name: 'a', value: 'x', ttl: 50_000}
    const tolerance = {ttlMs: 5_000, nowMs: 46_000}
    expect(compareTables(tableOf([key]), tableOf([{...key, ttl: 54_999}]), tolerance)).to.include({same: 1})
    expect(compareTables(tableOf([key]), tableOf([]), tolerance)).to.deep.include({expired: 1, missing: []})
    expect(compareTables(tableOf([key]), tableOf([]), {...tolerance, nowMs: 44_000}).missing).to.have.lengthOf(1)
  })

  it('keeps names and finds keys again in tables of many thousands', () => {
    const many = Array.from({length: 20_000}, (_, index) => ({name: `key:${index}`, value: `${index}`, ttl: 0}))
    const [one, other] = [tableOf(many), tableOf([...many].reverse())]
    expect(compareTables(one, other, {ttlMs: 0, nowMs: 0}).same).to.equal(20_000)
    expect(Buffer.from(one.name(12_345)).toString()).to.equal('key:12345')
  })

  it('has the same sums of a slot in any order, and another with one key more', () => {
    fc.assert(
      fc.property(paperKeys, fc.integer(), (keys, seed) => {
        const [one, other] = [new SlotSums(0), new SlotSums(0)]
        for (const key of keys) one.add(recordOf(key))
        for (const key of shuffled(keys, seed)) other.add(recordOf(key))
        expect(one.differing(other, 0).size).to.equal(0)
        other.add(recordOf({name: 'one more', value: '', ttl: 0}))
        expect(one.differing(other, 0).size).to.equal(1)
      }),
      RUNS,
    )
  })
})
