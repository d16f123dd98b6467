import {expect} from 'chai'
import {address} from '../../../../src/model/address.js'
import {timedOut, translateError} from '../../../../src/manager/io/translate-error.js'

const NODE = address('10.0.0.1', 7000)

function replyError(message: string): Error {
  const error = new Error(message)
  error.name = 'ReplyError'
  return error
}

function systemError(code: string, message = code): Error {
  return Object.assign(new Error(message), {code})
}

describe('what went wrong on the wire', () => {
  const cases: readonly (readonly [string, Error, string, RegExp])[] = [
    ['a closed port', systemError('ECONNREFUSED'), 'unreachable', /connection refused/],
    ['a black hole', systemError('ETIMEDOUT'), 'unreachable', /nothing answers/],
    ['an unknown name', systemError('ENOTFOUND'), 'unreachable', /host name not found/],
    ['a connection that was cut', systemError('ECONNRESET'), 'unreachable', /closed the connection/],
    ['an HTTP server', new Error('Protocol error, got "H" as reply type byte'), 'protocol', /does not speak/],
    [
      'TLS against plain',
      systemError('EPROTO', 'ssl3_get_record:wrong version number'),
      'tls-failed',
      /plain text, not TLS/,
    ],
    ['an unknown authority', systemError('SELF_SIGNED', 'self-signed certificate'), 'tls-failed', /certificate/],
    ['no password', replyError('NOAUTH Authentication required.'), 'login-failed', /wants a password/],
    ['a wrong password', replyError('WRONGPASS invalid username-password pair'), 'login-failed', /login refused/],
    [
      'missing rights',
      replyError("NOPERM User bob has no permissions to run the 'info' command"),
      'not-permitted',
      /bob/,
    ],
    ['a refusal', replyError('ERR Slot 0 is already busy'), 'error-reply', /CLUSTER ADDSLOTS failed: ERR Slot 0/],
  ]
  for (const [what, error, code, message] of cases) {
    it(`names the node and the problem: ${what}`, () => {
      const translated = translateError(error, NODE, ['CLUSTER', 'ADDSLOTS', 0])
      expect(translated.code).to.equal(code)
      expect(translated.node).to.equal('10.0.0.1:7000')
      expect(translated.message).to.match(message)
    })
  }

  it('never repeats what may be a secret', () => {
    const error = translateError(replyError('ERR syntax error'), NODE, [
      'MIGRATE',
      '10.0.0.2',
      7001,
      '',
      0,
      5000,
      'AUTH',
      's3cret',
    ])
    expect(JSON.stringify({...error, message: error.message})).to.not.include('s3cret')
    expect(timedOut(NODE, ['AUTH', 's3cret'], 5000).message).to.equal('AUTH: no answer within 5 s')
  })
})
