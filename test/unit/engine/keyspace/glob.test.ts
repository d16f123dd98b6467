import {expect} from 'chai'
import {matchesGlob} from '../../../../src/engine/keyspace/glob.js'

describe('keyspace/glob', () => {
  const matching = (pattern: string, ...texts: readonly string[]): string[] =>
    texts.filter((text) => matchesGlob(pattern, text))

  it('knows stars, question marks and classes', () => {
    expect(matching('h*llo', 'hllo', 'heello', 'hell')).to.deep.equal(['hllo', 'heello'])
    expect(matching('h?llo', 'hello', 'hllo')).to.deep.equal(['hello'])
    expect(matching('h[a-c]llo', 'hallo', 'hdllo')).to.deep.equal(['hallo'])
    expect(matching('h[c-a]llo', 'hbllo')).to.deep.equal(['hbllo'])
    expect(matching('h[^e]llo', 'hallo', 'hello')).to.deep.equal(['hallo'])
  })

  it('a backslash takes the next character as it is', () => {
    expect(matching('a\\*', 'a*', 'ab')).to.deep.equal(['a*'])
    expect(matching('[\\]]', ']', '\\')).to.deep.equal([']'])
    expect(matching('a\\', 'a\\')).to.deep.equal(['a\\'])
  })

  it('a class that is not closed ends with the pattern', () => {
    expect(matching('[ab', 'a', 'b', 'c')).to.deep.equal(['a', 'b'])
  })

  it('the ends of a range are signed bytes, as in C', () => {
    expect(matching('[a-\xff]', 'a', 'b', 'A', '\xff', '\x80')).to.deep.equal(['a', 'A', '\xff'])
  })

  it('an empty text matches the empty pattern only', () => {
    expect(matching('', '', 'a')).to.deep.equal([''])
    expect(matching('*', '', 'a')).to.deep.equal(['a'])
  })

  it('many stars take no longer than the product of both lengths', () => {
    const pattern = `${'a*'.repeat(30)}b`
    expect(matchesGlob(pattern, 'a'.repeat(3_000))).to.be.false
  })
})
