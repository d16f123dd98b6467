/** MULTI, EXEC, WATCH. */
import {expect} from 'chai'
import {type EngineClient, EngineNode} from '../../../support/engine/engine-node.js'
import {ReplyError} from '../../../support/engine/parse-replies.js'

describe('transactions', () => {
  let node: EngineNode
  let client: EngineClient
  let other: EngineClient

  beforeEach(() => {
    node = new EngineNode()
    client = node.connect()
    other = node.connect()
  })

  function exec(...commands: (readonly string[])[]): unknown {
    client.call('MULTI')
    for (const command of commands) client.call(...command)
    return client.call('EXEC')
  }

  it('EXEC runs the queue; an error in the middle stops nothing', () => {
    expect(exec(['SET', 'a', 'x'], ['INCR', 'a'], ['GET', 'a'])).to.deep.equal([
      'OK',
      new ReplyError('ERR value is not an integer or out of range'),
      'x',
    ])
  })

  it('a command that cannot be queued breaks the transaction', () => {
    expect(exec(['SET', 'a', '1'], ['NOSUCH'])).to.deep.equal(
      new ReplyError('EXECABORT Transaction discarded because of previous errors.'),
    )
    expect(client.call('GET', 'a')).to.equal(null)
  })

  it('so does one that the engine does not have, and EXEC with words', () => {
    expect(exec(['XADD', 's', '*', 'a', 'b'])).to.be.instanceOf(ReplyError)
    client.call('MULTI')
    expect(client.call('EXEC', 'now')).to.deep.equal(
      new ReplyError("EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command"),
    )
    expect(client.call('EXEC')).to.deep.equal(new ReplyError('ERR EXEC without MULTI'))
  })

  it('SELECT inside moves the commands behind it', () => {
    exec(['SELECT', '2'], ['SET', 'a', 'there'])
    expect(client.call('GET', 'a')).to.equal('there')
    expect(other.call('GET', 'a')).to.equal(null)
  })

  it('blocked clients are served after EXEC, not in the middle of it', () => {
    other.call('BLPOP', 'list', 0)
    expect(exec(['RPUSH', 'list', 'a'], ['LLEN', 'list'])).to.deep.equal([1, 1])
    expect(other.received()).to.deep.equal([['list', 'a']])
  })

  describe('WATCH', () => {
    it('a change by somebody else makes EXEC answer null', () => {
      client.call('WATCH', 'a')
      other.call('SET', 'a', 1)
      expect(exec(['PING'])).to.equal(null)
      expect(exec(['PING'])).to.deep.equal(['PONG'])
    })

    it('UNWATCH forgets the change', () => {
      client.call('WATCH', 'a')
      other.call('SET', 'a', 1)
      client.call('UNWATCH')
      expect(exec(['PING'])).to.deep.equal(['PONG'])
    })

    it('FLUSHALL touches what was there only', () => {
      other.call('SET', 'there', 1)
      client.call('WATCH', 'absent')
      other.call('FLUSHALL')
      expect(exec(['PING'])).to.deep.equal(['PONG'])
      other.call('SET', 'there', 1)
      client.call('WATCH', 'there')
      other.call('FLUSHALL')
      expect(exec(['PING'])).to.equal(null)
    })

    it('a key that expires between WATCH and EXEC has changed', () => {
      other.call('SET', 'a', 1, 'PX', 50)
      client.call('WATCH', 'a')
      node.nowMs += 60
      expect(exec(['PING'])).to.equal(null)
    })

    it('a key that had expired before WATCH may vanish', () => {
      node.core.server.activeExpire = false
      other.call('SET', 'a', 1, 'PX', 50)
      node.nowMs += 60
      client.call('WATCH', 'a')
      other.call('GET', 'a')
      expect(exec(['PING'])).to.deep.equal(['PONG'])
    })
  })

  describe('what the replication stream is given', () => {
    function propagated(work: () => void): string[] {
      const commands: string[] = []
      node.core.server.propagation.addSink({append: (_db, argv) => commands.push(argv.join(' '))})
      work()
      return commands
    }

    it('several writes stand between MULTI and EXEC', () => {
      expect(propagated(() => exec(['SET', 'a', '1'], ['GET', 'a'], ['SET', 'b', '2']))).to.deep.equal([
        'MULTI',
        'SET a 1',
        'SET b 2',
        'EXEC',
      ])
    })

    it('a single one stands alone, and reading leaves nothing', () => {
      expect(propagated(() => exec(['SET', 'a', '1']))).to.deep.equal(['SET a 1'])
      expect(propagated(() => exec(['GET', 'a']))).to.deep.equal([])
    })

    it('PUBLISH reaches replicas but not a file of data', () => {
      const file: string[] = []
      node.core.server.propagation.addSink({wantsOnlyData: true, append: (_db, argv) => file.push(argv.join(' '))})
      expect(propagated(() => exec(['PUBLISH', 'c', 'm'], ['SET', 'a', '1']))).to.deep.equal([
        'MULTI',
        'PUBLISH c m',
        'SET a 1',
        'EXEC',
      ])
      expect(file).to.deep.equal(['SET a 1'])
    })
  })
})
