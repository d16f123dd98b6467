import {expect} from 'chai'
import {DEFAULT_ENCODING_LIMITS} from '../../../../src/engine/values/encoding-limits.js'
import {SetValue} from '../../../../src/engine/values/set.js'
import {seededRng} from './seeded-rng.js'

function setOf(members: readonly string[]): SetValue {
  const set = new SetValue(DEFAULT_ENCODING_LIMITS)
  for (const member of members) set.add(member)
  return set
}

const numbers = (count: number): string[] => Array.from({length: count}, (_, index) => String(index))

describe('values/set', () => {
  it('tells integers in ascending order', () => {
    const set = setOf(['10', '-5', '9', '9223372036854775807', '-9223372036854775808'])
    expect(set.encoding).to.equal('intset')
    expect([...set.values()]).to.deep.equal(['-9223372036854775808', '-5', '9', '10', '9223372036854775807'])
  })

  it('is an intset up to 512 integers, and a hash table for good from the next on', () => {
    const set = setOf(numbers(512))
    expect(set.encoding).to.equal('intset')
    set.add('512')
    set.delete('512')
    expect(set.encoding).to.equal('hashtable')
  })

  it('is a hash table once a member is no integer', () => {
    expect([setOf(['01']).encoding, setOf(['1', 'a']).encoding]).to.deep.equal(['hashtable', 'hashtable'])
  })

  it('knows what is new and what is gone', () => {
    const set = setOf(['a'])
    expect([set.add('a'), set.add('b'), set.delete('a'), set.delete('a'), set.has('b'), set.size]).to.deep.equal([
      false,
      true,
      true,
      false,
      true,
      1,
    ])
  })

  for (const [name, members] of [
    ['few integers', numbers(10)],
    ['few strings', numbers(10).map((member) => `m${member}`)],
    ['many strings', numbers(1000).map((member) => `m${member}`)],
  ] as const) {
    it(`pops every member of ${name} exactly once`, () => {
      const [set, rng] = [setOf(members), seededRng()]
      const popped = members.map(() => set.popRandom(rng))
      expect(popped.sort()).to.deep.equal([...members].sort())
      expect(set.size).to.equal(0)
    })

    it(`draws from ${name} all alike`, () => {
      const [set, rng] = [setOf(members), seededRng()]
      const counts = new Map<string, number>()
      for (let draw = 0; draw < members.length * 50; draw++) {
        const member = set.randomMember(rng)
        counts.set(member, (counts.get(member) ?? 0) + 1)
      }
      expect(counts.size).to.equal(members.length)
      expect(Math.max(...counts.values())).to.be.lessThan(100)
      expect(new Set(set.randomMembers(rng, 5)).size).to.equal(5)
    })
  }

  it('goes on with a walk although members come and go', () => {
    const set = setOf(['a', 'b', 'c'])
    const walk = set.values()
    expect(walk.next().value).to.equal('a')
    set.delete('b')
    set.add('d')
    expect([...walk]).to.deep.equal(['c', 'd'])
  })
})
