import {expect} from 'chai'
import {DEFAULT_ENCODING_LIMITS} from '../../../../src/engine/values/encoding-limits.js'
import {
  parseLexBound,
  SortedSetValue,
  type ScoredMember,
  type ScoreRange,
} from '../../../../src/engine/values/sorted-set.js'
import {seededRng} from './seeded-rng.js'

function sortedSetOf(scores: Readonly<Record<string, number>>, zsetMaxListpackEntries: number): SortedSetValue {
  const set = new SortedSetValue({...DEFAULT_ENCODING_LIMITS, zsetMaxListpackEntries})
  for (const [member, score] of Object.entries(scores)) set.set(member, score)
  return set
}

const names = (entries: readonly ScoredMember[]): string => entries.map(({member}) => member).join('')
const between = (min: number, max: number, minExclusive = false, maxExclusive = false): ScoreRange => {
  return {min, max, minExclusive, maxExclusive}
}
const lex = (min: string, max: string) => ({min: parseLexBound(min)!, max: parseLexBound(max)!})

for (const [form, mostPacked] of [
  ['listpack', 128],
  ['skiplist', 0],
] as const) {
  describe(`values/sorted-set as a ${form}`, () => {
    const five = (): SortedSetValue => sortedSetOf({c: 3, a: 1, e: Infinity, b: 2, d: 3}, mostPacked)
    const same = (): SortedSetValue => sortedSetOf({c: 0, a: 0, b: 0, d: 0}, mostPacked)

    it('orders by score, then by member', () => {
      expect(five().encoding).to.equal(form)
      expect(names(five().rangeByRank(0, 9))).to.equal('abcde')
      expect(names(five().rangeByRank(0, 1, true))).to.equal('ed')
      expect(names(five().rangeByRank(3, 2))).to.equal('')
    })

    it('knows ranks from both ends', () => {
      expect([five().rank('b'), five().rank('b', true), five().rank('?')]).to.deep.equal([1, 3, undefined])
    })

    it('moves a member whose score changes', () => {
      const set = five()
      expect([set.set('a', 9), set.set('a', 9), set.score('a'), set.rank('a')]).to.deep.equal([false, false, 9, 3])
    })

    it('finds scores within bounds, open and closed', () => {
      const set = five()
      expect(names(set.rangeByScore(between(2, 3)))).to.equal('bcd')
      expect(names(set.rangeByScore(between(2, 3, true)))).to.equal('cd')
      expect(names(set.rangeByScore(between(2, 3, false, true)))).to.equal('b')
      expect(names(set.rangeByScore(between(-Infinity, Infinity)))).to.equal('abcde')
      expect(names(set.rangeByScore(between(3, 2)))).to.equal('')
      expect([set.countByScore(between(2, 3)), set.countByScore(between(3, 2))]).to.deep.equal([3, 0])
    })

    it('skips and limits what it finds, in either direction', () => {
      const set = five()
      expect(names(set.rangeByScore(between(1, 3), false, 1, 2))).to.equal('bc')
      expect(names(set.rangeByScore(between(1, 3), true, 1, 2))).to.equal('cb')
      expect(names(set.rangeByScore(between(1, 3), true, 3, -1))).to.equal('a')
      expect(names(set.rangeByScore(between(1, 3), false, 9, 1))).to.equal('')
      expect(names(set.rangeByScore(between(1, 3), false, -1, 1))).to.equal('')
    })

    it('finds members within bounds', () => {
      const set = same()
      expect(names(set.rangeByLex(lex('[b', '(d')))).to.equal('bc')
      expect(names(set.rangeByLex(lex('(b', '[d')))).to.equal('cd')
      expect(names(set.rangeByLex(lex('-', '+'), true))).to.equal('dcba')
      expect(names(set.rangeByLex(lex('+', '-')))).to.equal('')
      expect(set.countByLex(lex('[aa', '[cc'))).to.equal(2)
    })

    it('takes out ranges', () => {
      const [byRank, byScore, byLex] = [five(), five(), same()]
      expect([byRank.removeRangeByRank(1, 2), names(byRank.rangeByRank(0, 9))]).to.deep.equal([2, 'ade'])
      expect([byScore.removeRangeByScore(between(3, Infinity)), byScore.has('e')]).to.deep.equal([3, false])
      expect([byLex.removeRangeByLex(lex('-', '[b')), byLex.size]).to.deep.equal([2, 2])
    })

    it('pops the lowest lowest first, the highest highest first', () => {
      const set = five()
      expect([names(set.popMin(2)), names(set.popMax(2)), names(set.popMax(9)), set.size]).to.deep.equal([
        'ab',
        'ed',
        'c',
        0,
      ])
    })

    it('draws any member, and different ones when asked for several', () => {
      const [set, rng] = [five(), seededRng()]
      expect(new Set(Array.from({length: 60}, () => set.randomMember(rng).member)).size).to.equal(5)
      expect(new Set(set.randomMembers(rng, 3)).size).to.equal(3)
      expect(names(set.randomMembers(rng, 9))).to.equal('abcde')
    })
  })
}

describe('values/sorted-set', () => {
  it('is a listpack up to 128 members, and a skip list for good from the next on', () => {
    const set = new SortedSetValue(DEFAULT_ENCODING_LIMITS)
    for (let index = 0; index < 128; index++) set.set(`m${index}`, index)
    expect(set.encoding).to.equal('listpack')
    set.set('one more', 0)
    expect([set.encoding, set.rank('m127')]).to.deep.equal(['skiplist', 128])
    set.delete('one more')
    expect([set.encoding, set.rank('m127')]).to.deep.equal(['skiplist', 127])
  })

  it('is a skip list once a member is longer than 64 bytes', () => {
    expect([
      sortedSetOf({['x'.repeat(64)]: 1}, 128).encoding,
      sortedSetOf({['x'.repeat(65)]: 1}, 128).encoding,
    ]).to.deep.equal(['listpack', 'skiplist'])
  })

  it('reads the four kinds of lexical bounds and no other', () => {
    expect(['-', '+', '[a', '(', 'a', ''].map((text) => parseLexBound(text)?.kind)).to.deep.equal([
      'lowest',
      'highest',
      'inclusive',
      'exclusive',
      undefined,
      undefined,
    ])
  })
})
