import {expect} from 'chai'
import {compareIntegers, isCanonicalInteger} from '../../../../src/engine/values/integer.js'
import {MutableString, stringBytes, stringView, toMutable} from '../../../../src/engine/values/string.js'

describe('values/string', () => {
  it('grows by appending, far past its first room', () => {
    const text = new MutableString('a')
    for (let round = 0; round < 1000; round++) text.append('\xff\x00')
    expect(text.length).to.equal(2001)
    expect(text.toBytes()).to.equal('a' + '\xff\x00'.repeat(1000))
  })

  it('pads with zeros up to a write beyond its end, as SETRANGE does', () => {
    const text = new MutableString('ab')
    text.write(5, 'x')
    expect(text.toBytes()).to.equal('ab\0\0\0x')
  })

  it('pads with zeros even where longer bytes stood before', () => {
    const text = new MutableString('abcdef')
    text.splice(1, 5, new Uint8Array())
    text.grow(6)
    expect(text.toBytes()).to.equal('a\0\0\0\0\0')
  })

  it('forgets the bytes it told when it changes', () => {
    const text = new MutableString('ab')
    expect(text.toBytes()).to.equal('ab')
    text.setByte(0, 0x7a)
    expect(text.toBytes()).to.equal('zb')
    expect(text.slice(1, 9)).to.equal('b')
  })

  it('reads zero past the end', () => {
    expect(new MutableString('a').byteAt(7)).to.equal(0)
  })

  it('moves what stands behind a splice', () => {
    const text = new MutableString('abcd')
    text.splice(1, 1, Uint8Array.of(0x78, 0x79, 0x7a))
    expect(text.toBytes()).to.equal('axyzcd')
  })

  it('is made from a plain string, and stays itself when it is one already', () => {
    const text = toMutable('ab')
    expect(toMutable(text)).to.equal(text)
    expect([stringBytes(text), stringBytes('ab')]).to.deep.equal(['ab', 'ab'])
    expect([...stringView(text), ...stringView('\xff')]).to.deep.equal([0x61, 0x62, 0xff])
  })
})

describe('values/integer', () => {
  const canonical = ['0', '7', '-1', '10', '9223372036854775807', '-9223372036854775808', '999999999999999999']
  const others = [
    '',
    '-',
    '-0',
    '00',
    '01',
    '+1',
    '1.0',
    ' 1',
    '1 ',
    'a',
    '-01',
    '9223372036854775808',
    '-9223372036854775809',
    '1'.repeat(20),
  ]

  for (const text of canonical) {
    it(`takes "${text}" for an integer`, () => expect(isCanonicalInteger(text)).to.be.true)
  }
  for (const text of others) {
    it(`takes "${text}" for text`, () => expect(isCanonicalInteger(text)).to.be.false)
  }

  it('orders by value, not by text', () => {
    const sorted = ['10', '-2', '9', '-10', '0', '-9223372036854775808'].sort(compareIntegers)
    expect(sorted).to.deep.equal(['-9223372036854775808', '-10', '-2', '0', '9', '10'])
  })
})
