import {expect} from 'chai'
import {DEFAULT_ENCODING_LIMITS} from '../../../../src/engine/values/encoding-limits.js'
import {HashValue} from '../../../../src/engine/values/hash.js'
import {seededRng} from './seeded-rng.js'

function hashOf(count: number): HashValue {
  const hash = new HashValue(DEFAULT_ENCODING_LIMITS)
  for (let index = 0; index < count; index++) hash.set(`f${index}`, `v${index}`)
  return hash
}

describe('values/hash', () => {
  it('keeps fields in the order in which they came, through changes of their values', () => {
    const hash = hashOf(3)
    expect([hash.set('f1', 'new'), hash.set('f3', 'v3'), hash.delete('f0'), hash.delete('f0')]).to.deep.equal([
      false,
      true,
      true,
      false,
    ])
    expect([...hash.entries()]).to.deep.equal([
      ['f1', 'new'],
      ['f2', 'v2'],
      ['f3', 'v3'],
    ])
  })

  it('is a listpack up to 512 fields, and a hash table for good from the next on', () => {
    const hash = hashOf(512)
    expect(hash.encoding).to.equal('listpack')
    hash.set('one more', '')
    hash.delete('one more')
    expect(hash.encoding).to.equal('hashtable')
  })

  it('is a hash table once a field or a value is longer than 64 bytes', () => {
    const [longField, longValue, atLimit] = [hashOf(1), hashOf(1), hashOf(1)]
    longField.set('x'.repeat(65), '')
    longValue.set('f0', 'x'.repeat(65))
    atLimit.set('x'.repeat(64), 'x'.repeat(64))
    expect([longField, longValue, atLimit].map(({encoding}) => encoding)).to.deep.equal([
      'hashtable',
      'hashtable',
      'listpack',
    ])
  })

  for (const count of [10, 1000]) {
    it(`draws any of ${count} fields, also after changes`, () => {
      const [hash, rng] = [hashOf(count), seededRng()]
      hash.randomField(rng)
      for (let index = 0; index < count / 2; index++) hash.delete(`f${index}`)
      hash.set('late', '')
      const drawn = new Set(Array.from({length: count * 12}, () => hash.randomField(rng)))
      expect([...drawn].sort()).to.deep.equal([...hash.fields()].sort())
    })

    it(`draws different fields out of ${count}, and never more than there are`, () => {
      const hash = hashOf(count)
      expect(new Set(hash.randomFields(seededRng(), 7)).size).to.equal(7)
      expect(hash.randomFields(seededRng(), count + 5)).to.deep.equal([...hash.fields()])
    })
  }
})
