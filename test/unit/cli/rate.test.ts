import {expect} from 'chai'
import {parseRate} from '../../../src/cli/rate.js'

describe('a rate', () => {
  for (const [text, expected] of [
    ['50MB/s', {bytesPerSecond: 50_000_000}],
    ['50mb/s', {bytesPerSecond: 50_000_000}],
    ['1.5KiB/s', {bytesPerSecond: 1_536}],
    ['1GiB/s', {bytesPerSecond: 1_073_741_824}],
    ['900 KB/s', {bytesPerSecond: 900_000}],
    ['100B/s', {bytesPerSecond: 100}],
    ['20000keys/s', {keysPerSecond: 20_000}],
    ['1key/s', {keysPerSecond: 1}],
  ] as const) {
    it(`is ${JSON.stringify(expected)} when it is typed ${text}`, () => {
      expect(parseRate(text)).to.deep.equal(expected)
    })
  }

  it('needs a unit and a second, and is at least one', () => {
    for (const text of [
      '',
      '50',
      '50MB',
      '50/s',
      '0keys/s',
      '0.2B/s',
      '-1MB/s',
      '50iB/s',
      '5TB/s',
      '1e3keys/s',
      'MB/s',
    ]) {
      expect(parseRate(text), text).to.equal(undefined)
    }
  })
})
