import {expect} from 'chai'
import {parseEndpoints, type Endpoints} from '../../../src/cli/endpoints.js'
import {formatAddress} from '../../../src/model/address.js'

function read(...words: string[]): string[] {
  const parsed = parseEndpoints(words)
  return typeof parsed === 'string' ? [parsed] : parsed.addresses.map(formatAddress)
}

describe('addresses as operators type them', () => {
  const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
    [['127.0.0.1:7000'], ['127.0.0.1:7000']],
    [['redis.example.com:7000'], ['redis.example.com:7000']],
    [['127.0.0.1', '7000'], ['127.0.0.1:7000']],
    [
      ['localhost', '7000', 'localhost', '7001'],
      ['localhost:7000', 'localhost:7001'],
    ],
    [[':7000'], ['127.0.0.1:7000']],
    [
      ['7000', '7001'],
      ['127.0.0.1:7000', '127.0.0.1:7001'],
    ],
    [['127.0.0.1:7000-7002'], ['127.0.0.1:7000', '127.0.0.1:7001', '127.0.0.1:7002']],
    [['7000-7001'], ['127.0.0.1:7000', '127.0.0.1:7001']],
    [['[::1]:7000'], ['[::1]:7000']],
    [['[::1]:7000-7001'], ['[::1]:7000', '[::1]:7001']],
    [['::1', '7000'], ['[::1]:7000']],
    [['::1:7000'], ['[::1]:7000']],
    [['127.0.0.1:7000@17000'], ['127.0.0.1:7000']],
    [['redis://127.0.0.1:7000'], ['127.0.0.1:7000']],
    [['redis://[::1]:7000'], ['[::1]:7000']],
    [['redis://host'], ['host:6379']],
  ]
  for (const [words, addresses] of cases) {
    it(words.join(' '), () => expect(read(...words)).to.deep.equal(addresses))
  }

  it('takes user, password and TLS from a URL', () => {
    const parsed = parseEndpoints(['rediss://bob:p%40ss@10.0.0.1:7000']) as Endpoints
    expect(parsed.user).to.equal('bob')
    expect(parsed.password).to.equal('p@ss')
    expect(parsed.tls).to.equal(true)
  })

  for (const wrong of [
    'localhost',
    '127.0.0.1:',
    '127.0.0.1:0',
    '127.0.0.1:70000',
    '127.0.0.1:abc',
    '7005-7000',
    '[nonsense]:7000',
  ]) {
    it(`says what is wrong with ${wrong}`, () => {
      expect(parseEndpoints([wrong]))
        .to.be.a('string')
        .that.includes(wrong.replace(/^\[(.*)\].*/, '$1'))
    })
  }
})
