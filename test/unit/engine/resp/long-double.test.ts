import {expect} from 'chai'
import {addLongDoubles, formatLongDouble, parseLongDouble} from '../../../../src/engine/resp/long-double.js'

describe('resp/long-double', () => {
  const sum = (a: string, b: string): string | undefined => {
    const result = addLongDoubles(parseLongDouble(a)!, parseLongDouble(b)!)
    return result && formatLongDouble(result)
  }

  it('adds what people write, with the rounding of 64 bits (recorded from Redis 7.0)', () => {
    expect([sum('3.0e3', '1.1'), sum('0.1', '0.2'), sum('10.5', '-10.5'), sum('5', '-0x10')]).to.deep.equal([
      '3001.10000000000000009',
      '0.3',
      '0',
      '-11',
    ])
  })

  it('has 64 bits of mantissa and no more (recorded from Redis 7.0)', () => {
    expect(sum('9007199254740993', '0')).to.equal('9007199254740993')
    expect(sum('99999999999999999999', '1')).to.equal('100000000000000000000')
    expect(sum('123456789.123456789', '0')).to.equal('123456789.12345678899873747')
    expect(sum('0.3333333333333333333', '0')).to.equal('0.33333333333333333')
  })

  it('rounds to 17 decimals', () => {
    expect([sum('1e-17', '0'), sum('4.9e-18', '0'), sum('-4.9e-18', '0')]).to.deep.equal([
      '0.00000000000000001',
      '0',
      '0',
    ])
  })

  it('refuses what is no number, vanishes or overflows', () => {
    const refused = ['', ' 1', '1 ', 'nan', '1e', '.', '0x', '1e4933', '1e-4951', '1e999999999999', '--1', '1_0']
    expect(refused.filter((text) => parseLongDouble(text) !== undefined)).to.deep.equal([])
    expect([sum('inf', '1'), sum('1.18e4932', '1.18e4932')]).to.deep.equal([undefined, undefined])
  })
})
