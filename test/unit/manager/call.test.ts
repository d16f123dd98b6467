import {expect} from 'chai'
import {callNodes, errorText, rawText} from '../../../src/manager/call.js'
import {ManagerError} from '../../../src/manager/error.js'
import {errorReply, scriptedPool} from '../../support/scripted-pool.js'
import {topologyOf} from '../../support/topologies.js'

const CLUSTER = topologyOf({primaries: 2, replicasEach: 1, hosts: 1})

describe('one command on many nodes', () => {
  it('is answered in the order of the nodes, by errors too', async () => {
    const pool = scriptedPool((node) => (node === '10.0.0.1:7002' ? errorReply('ERR no') : `from ${node}`))
    const answers = await callNodes(pool, CLUSTER, {command: ['get', 'a'], only: 'all'})
    expect(answers.map(({address, role}) => `${role} ${address.port}`)).to.deep.equal([
      'primary 7001',
      'primary 7002',
      'replica 7003',
      'replica 7004',
    ])
    expect(answers[0]!.answer).to.deep.equal({reply: 'from 10.0.0.1:7001'})
    expect(answers[1]!.answer).to.have.nested.property('error.reply', 'ERR no')
    expect(pool.heard).to.have.members(['7001', '7002', '7003', '7004'].map((port) => `10.0.0.1:${port} get a`))
  })

  it('goes to the nodes of one role only', async () => {
    const asked = async (only: 'primaries' | 'replicas'): Promise<number[]> =>
      (
        await callNodes(
          scriptedPool(() => 'OK'),
          CLUSTER,
          {command: ['ping'], only},
        )
      ).map(({address}) => address.port)
    expect(await asked('primaries')).to.deep.equal([7001, 7002])
    expect(await asked('replicas')).to.deep.equal([7003, 7004])
  })
})

describe('SHUTDOWN on many nodes', () => {
  const gone = new ManagerError('unreachable', 'closed the connection')
  const answersTo = async (...command: string[]): Promise<unknown[]> => {
    const pool = scriptedPool((node) => (node === '10.0.0.1:7001' ? gone : errorReply('ERR Errors trying to SHUTDOWN')))
    return (await callNodes(pool, CLUSTER, {command, only: 'primaries'})).map(({answer}) => answer)
  }

  it('has succeeded where the connection ends, and failed where there is an answer', async () => {
    const [first, second] = await answersTo('shutdown', 'NOSAVE')
    expect(first).to.deep.equal({reply: null, isGone: true})
    expect(second).to.have.nested.property('error.reply', 'ERR Errors trying to SHUTDOWN')
  })

  it('that is called off, and any other command, has failed where the connection ends', async () => {
    expect((await answersTo('shutdown', 'abort'))[0]).to.deep.equal({error: gone})
    expect((await answersTo('get', 'a'))[0]).to.deep.equal({error: gone})
  })
})

describe('a reply as redis-cli prints it raw', () => {
  it('is the string, the number, or nothing for nil', () => {
    expect([rawText('a b'), rawText(42), rawText(null)]).to.deep.equal(['a b', '42', ''])
  })

  it('is one line for each element of an array, however deep', () => {
    expect(rawText(['a', 1, ['b', null], []])).to.equal('a\n1\nb\n\n')
  })

  it('is the text of an error, or what kept the node from answering', () => {
    expect(errorText(new ManagerError('error-reply', 'GET failed: ERR no', {reply: 'ERR no'}))).to.equal('ERR no')
    expect(errorText(new ManagerError('unreachable', 'connection refused'))).to.equal('connection refused')
  })
})
