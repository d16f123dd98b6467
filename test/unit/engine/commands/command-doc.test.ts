import {expect} from 'chai'
import {parseArgumentDocs, recordedDoc} from '../../../../src/engine/commands/command-doc.js'

const PLAIN = {flags: [], arguments: []}

describe('the notation of arguments for COMMAND DOCS', () => {
  it('has them side by side, each with its name and type', () => {
    expect(parseArgumentDocs('key=key@0 value=string')).to.deep.equal([
      {...PLAIN, name: 'key', type: 'key', keySpec: 0},
      {...PLAIN, name: 'value', type: 'string'},
    ])
  })

  it('tells tokens, versions and flags', () => {
    expect(parseArgumentDocs('patterns=pattern"GET"^2.6.0!7.0.0?*+')).to.deep.equal([
      {
        name: 'patterns',
        type: 'pattern',
        token: 'GET',
        since: '2.6.0',
        deprecatedSince: '7.0.0',
        flags: ['optional', 'multiple', 'multiple_token'],
        arguments: [],
      },
    ])
  })

  it('has alternatives and blocks in brackets, one in another, and goes on behind them', () => {
    const [outer, last] = parseArgumentDocs(
      'how=oneof?(limit=block"LIMIT"(offset=integer count=integer) all=pure-token"*") ip:port=string',
    )
    expect(outer!.arguments.map(({name}) => name)).to.deep.equal(['limit', 'all'])
    expect(outer!.arguments[0]!.arguments.map(({name}) => name)).to.deep.equal(['offset', 'count'])
    expect(outer!.arguments[1]).to.include({token: '*'})
    expect(last).to.deep.include({name: 'ip:port'})
  })
})

describe('what is recorded of a command', () => {
  it('has its changes, and what took its place', () => {
    const doc = recordedDoc('georadius')
    expect(doc.flags).to.deep.equal(['deprecated'])
    expect(doc.deprecated).to.include({since: '6.2.0'})
    expect(doc.history.map(([version]) => version)).to.deep.equal(['6.2.0', '7.0.0'])
    expect(doc.arguments[0]).to.deep.include({name: 'key', keySpec: 0})
  })

  it('is nothing for a command of which there is nothing to tell', () => {
    expect(recordedDoc('dbsize')).to.deep.equal({flags: [], history: [], arguments: []})
  })
})
