import {expect} from 'chai'
import {hostAndPort, parseHostPort} from '../../../../src/cli/redis-cli/addresses.js'

describe('an address in the manner of redis-cli', () => {
  for (const [text, host, port] of [
    ['127.0.0.1:7000', '127.0.0.1', 7000],
    ['127.0.0.1:7000@17000', '127.0.0.1', 7000],
    ['node-a.example:7000@17000,whatever', 'node-a.example', 7000],
    ['::1:7000', '::1', 7000],
    ['[::1]:7000', '::1', 7000],
    [':7000', '', 7000],
  ] as const) {
    it(`${text} is port ${port} of ${host === '' ? 'an empty host' : host}`, () => {
      expect(parseHostPort(text)).to.include({host, port})
    })
  }

  for (const text of ['127.0.0.1', '127.0.0.1:', '127.0.0.1:0', '127.0.0.1:abc', '127.0.0.1:70000', '127.0.0.1:-1']) {
    it(`${text} is none`, () => {
      expect(parseHostPort(text)).to.equal(undefined)
    })
  }

  it('may be two words', () => {
    expect(hostAndPort('::1', '7000')).to.include({host: '::1', port: 7000})
    expect(hostAndPort('localhost', 'http')).to.equal(undefined)
  })
})
