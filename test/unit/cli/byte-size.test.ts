import {expect} from 'chai'
import {parseByteSize} from '../../../src/cli/byte-size.js'

describe('a size as operators type it', () => {
  for (const [text, bytes] of [
    ['10MiB', 10_485_760],
    ['50MB', 50_000_000],
    ['1GiB', 1_073_741_824],
    ['1.5g', 1_500_000_000],
    ['512k', 512_000],
    ['4096', 4_096],
    ['7b', 7],
  ] as const) {
    it(`${text} is ${bytes} bytes`, () => expect(parseByteSize(text)).to.equal(bytes))
  }

  for (const text of ['', '0', '-1', '10 MiB', 'big', '10TB', '1e6', '5i', '5iB', '9999999999999GiB']) {
    it(`${JSON.stringify(text)} is none`, () => expect(parseByteSize(text)).to.equal(undefined))
  }
})
