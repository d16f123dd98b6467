/** Addresses for CLUSTER MEET: literals only, one spelling each. */
import {expect} from 'chai'
import {canonicalIp} from '../../../../src/engine/cluster/ip-text.js'

describe('an IP address as text', () => {
  const spellings: [string, string][] = [
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['fe80::', 'fe80::'],
    ['::', '::'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::FFFF:a00:1', '::ffff:10.0.0.1'],
  ]
  for (const [text, canonical] of spellings) {
    it(`reads ${text} as ${canonical}`, () => expect(canonicalIp(text)).to.equal(canonical))
  }

  for (const text of [
    '',
    'localhost',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1:2',
    ':::',
    '1::2::3',
    '12345::',
    '1:2:3:4:5:6:7:8:9',
  ]) {
    it(`does not take “${text}” for one`, () => expect(canonicalIp(text)).to.equal(undefined))
  }
})
