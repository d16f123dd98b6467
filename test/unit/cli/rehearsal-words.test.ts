import {expect} from 'chai'
import {ownWords, parseFaults} from '../../../src/cli/rehearsal-words.js'
import {failureOf} from '../../support/failure-of.js'

const FLAGS = {switches: ['--no-mishaps'], values: ['--clients']}

describe('the words of rehearse', () => {
  it('are its own flags, wherever they stand, and the name of the command', () => {
    const {own, rest} = ownWords(['--clients', '5', 'reshard', 'a:1', '--to', 'x', '--no-mishaps'], FLAGS)
    expect(own).to.deep.equal(['--clients', '5', 'reshard', '--no-mishaps'])
    expect(rest).to.deep.equal(['a:1', '--to', 'x'])
  })

  it('are told to both where both know them', () => {
    expect(ownWords(['reshard', 'a:1', '--json'], FLAGS)).to.deep.equal({
      own: ['reshard', '--json'],
      rest: ['a:1', '--json'],
    })
  })
})

describe('the faults of a simulation', () => {
  it('are all that are usual, none, or those that are named', () => {
    expect(parseFaults(['all'])).to.equal(undefined)
    expect(parseFaults(['none'])).to.deep.equal([])
    expect(parseFaults(['crash', 'pause'])).to.deep.equal(['crash', 'pause'])
  })

  it('are named when a word is none', async () => {
    const {code, message} = await failureOf(Promise.resolve().then(() => parseFaults(['flood'])))
    expect([code, message]).to.deep.equal(['usage', '"flood" is not a fault'])
  })
})
