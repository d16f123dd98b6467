/** Which command lines are redis-cli's, and which are our own. */
import {expect} from 'chai'
import {oclifArguments} from '../../../src/cli/oclif-arguments.js'

describe('oclifArguments', () => {
  it('leaves a command of ours alone', () => {
    expect(oclifArguments(['check', '127.0.0.1:7000', '--json'])).to.deep.equal(['check', '127.0.0.1:7000', '--json'])
  })

  it('hands a line with --cluster to the redis-cli command, out of reach of oclif', () => {
    expect(oclifArguments(['--cluster', 'info', '127.0.0.1:7000'])).to.deep.equal([
      'redis-cli',
      '--',
      '--cluster',
      'info',
      '127.0.0.1:7000',
    ])
  })

  it('knows --cluster behind other options of redis-cli', () => {
    const line = ['-h', '127.0.0.1', '-p', '7000', '--cluster', 'check']
    expect(oclifArguments(line)).to.deep.equal(['redis-cli', '--', ...line])
  })

  it('takes --cluster behind a command of ours for an argument of it', () => {
    const line = ['call', '127.0.0.1:7000', 'SET', 'key', '--cluster']
    expect(oclifArguments(line)).to.deep.equal(line)
  })
})
