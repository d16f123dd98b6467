/** SHA-1 and SHA-256 against the platform's own. */
import {createHash} from 'node:crypto'
import {expect} from 'chai'
import {sha1} from '../../../../src/engine/values/sha1.js'
import {sha256Hex} from '../../../../src/engine/values/sha256.js'

describe('SHA', () => {
  // Around the ends of blocks, where padding goes wrong first.
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000]) {
    it(`of ${length} bytes is right`, () => {
      const text = Array.from({length}, (_, at) => String.fromCharCode((at * 37) % 256)).join('')
      const bytes = Buffer.from(text, 'latin1')
      expect(Buffer.from(sha1(text)).toString('hex')).to.equal(createHash('sha1').update(bytes).digest('hex'))
      expect(sha256Hex(text)).to.equal(createHash('sha256').update(bytes).digest('hex'))
    })
  }
})
