import {PassThrough} from 'node:stream'
import {expect} from 'chai'
import {PipedAnswers} from '../../../src/cli/piped-answers.js'

describe('answers from a pipe', () => {
  it('are taken one by one, though they came at once', async () => {
    const pipe = new PassThrough()
    const answers = new PipedAnswers(pipe)
    pipe.end('4096\nabc\nall\nyes\n')
    expect([await answers.next(), await answers.next(), await answers.next(), await answers.next()]).to.deep.equal([
      '4096',
      'abc',
      'all',
      'yes',
    ])
    expect(await answers.next()).to.equal(undefined)
  })

  it('may come in pieces', async () => {
    const pipe = new PassThrough()
    const answers = new PipedAnswers(pipe)
    const first = answers.next()
    pipe.write('40')
    setImmediate(() => pipe.write('96\r\nye'))
    expect(await first).to.equal('4096')
    setImmediate(() => pipe.end('s'))
    expect(await answers.next()).to.equal('yes')
  })

  it('end with the input, instead of asking for ever', async () => {
    const pipe = new PassThrough()
    pipe.end()
    expect(await new PipedAnswers(pipe).next()).to.equal(undefined)
  })
})
