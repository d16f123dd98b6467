import {expect} from 'chai'
import {couldNotConnect, printFailure} from '../../../../src/cli/redis-cli/failures.js'
import {Printer} from '../../../../src/cli/redis-cli/printer.js'
import {wordsOf} from '../../../../src/cli/redis-cli/words.js'
import {ManagerError} from '../../../../src/manager/error.js'
import {paperWorld} from '../../../support/paper-world.js'

const REDIS = wordsOf('redis')

function told(error: ManagerError): {out: string; err: string} {
  const world = paperWorld()
  printFailure(error, new Printer(world), REDIS)
  return {out: world.said(), err: world.complained()}
}

describe("errors in redis-cli's words", () => {
  it('say that nobody answers, on standard error', () => {
    const error = new ManagerError('unreachable', 'connection refused', {node: '10.0.0.1:7000', hint: 'start it'})
    expect(told(error)).to.deep.equal({
      out: '',
      err: 'Could not connect to Redis at 10.0.0.1:7000: Connection refused\n',
    })
  })

  it('name an IPv6 node without brackets, and Valkey by its name', () => {
    const error = new ManagerError('unreachable', 'host name not found', {node: '[::1]:7000'})
    expect(couldNotConnect(error, wordsOf('valkey'))).to.equal(
      'Could not connect to Valkey at ::1:7000: Name or service not known',
    )
  })

  it('say that cluster mode is off', () => {
    const error = new ManagerError('not-a-cluster-node', 'is not configured as a cluster node', {node: '10.0.0.1:7000'})
    expect(told(error).out).to.equal('[ERR] Node 10.0.0.1:7000 is not configured as a cluster node.\n')
  })

  it('repeat what a node says to a missing password, and to a wrong one', () => {
    const noAuth = 'NOAUTH Authentication required.'
    const missing = new ManagerError('login-failed', 'wants a password', {node: '10.0.0.1:7000', reply: noAuth})
    expect(told(missing).out).to.equal(`[ERR] Node 10.0.0.1:7000 ${noAuth}\n`)
    const wrong = new ManagerError('login-failed', 'refused', {node: '10.0.0.1:7000', reply: 'WRONGPASS invalid'})
    expect(told(wrong).out).to.equal('Node 10.0.0.1:7000 replied with error:\nWRONGPASS invalid\n')
  })

  it('repeat any other error reply', () => {
    const error = new ManagerError('error-reply', 'MIGRATE failed', {node: '10.0.0.1:7000', reply: 'ERR no'})
    expect(told(error).out).to.equal('Node 10.0.0.1:7000 replied with error:\nERR no\n')
  })

  it('add what to do where redis-cli has no words of its own', () => {
    const error = new ManagerError('stale-plan', 'the cluster has changed', {hint: 'run it again'})
    expect(told(error).out).to.equal('[ERR] the cluster has changed (run it again)\n')
  })
})
