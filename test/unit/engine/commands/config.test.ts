/** CONFIG. */
import {expect} from 'chai'
import {type EngineClient, EngineNode} from '../../../support/engine/engine-node.js'
import {ReplyError} from '../../../support/engine/parse-replies.js'

describe('CONFIG', () => {
  let node: EngineNode
  let client: EngineClient

  beforeEach(() => {
    node = new EngineNode()
    client = node.connect()
  })

  function refusal(...words: string[]): string {
    return (client.call('CONFIG', 'SET', ...words) as ReplyError).message
  }

  it('GET takes several patterns and shows old names as well', () => {
    expect(client.call('CONFIG', 'GET', 'timeout', 'hz')).to.deep.equal(['timeout', '0', 'hz', '10'])
    expect(client.call('CONFIG', 'GET', '*-read-only')).to.deep.equal([
      'replica-read-only',
      'yes',
      'slave-read-only',
      'yes',
    ])
    expect(client.call('CONFIG', 'GET', 'nosuch')).to.deep.equal([])
  })

  it('SET of several takes all or none', () => {
    expect(refusal('timeout', '8', 'hz', 'fast')).to.equal(
      "ERR CONFIG SET failed (possibly related to argument 'hz') - argument couldn't be parsed into an integer",
    )
    expect(client.call('CONFIG', 'GET', 'timeout')).to.deep.equal(['timeout', '0'])
    expect(client.call('CONFIG', 'SET', 'timeout', '8', 'maxmemory', '1gb')).to.equal('OK')
    expect(client.call('CONFIG', 'GET', 'maxmemory')).to.deep.equal(['maxmemory', '1073741824'])
  })

  it('refuses with the words of Redis', () => {
    expect(refusal('nosuch', '1')).to.equal("ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'")
    expect(refusal('databases', '3')).to.match(/can't set immutable config$/)
    expect(refusal('dir', '/')).to.match(/can't set protected config$/)
    expect(refusal('timeout', '1', 'timeout', '2')).to.match(/duplicate parameter$/)
    expect(refusal('timeout', '-1')).to.match(/argument must be between 0 and 2147483647 inclusive$/)
    expect(refusal('save', '60')).to.match(/Invalid save parameters$/)
  })

  it('refuses a value that would need what the engine lacks', () => {
    expect(refusal('maxmemory-policy', 'allkeys-lru')).to.match(
      /'allkeys-lru' is not supported by the tscluster engine/,
    )
    expect(refusal('port', '7001')).to.match(/can't be changed while the tscluster engine runs$/)
    expect(client.call('CONFIG', 'SET', 'port', '6379')).to.equal('OK')
  })

  it('only the named classes of client-output-buffer-limit change', () => {
    client.call('CONFIG', 'SET', 'client-output-buffer-limit', 'replica 1mb 2kb 3')
    expect(client.call('CONFIG', 'GET', 'client-output-buffer-limit')).to.deep.equal([
      'client-output-buffer-limit',
      'normal 0 0 0 slave 1048576 2048 3 pubsub 33554432 8388608 60',
    ])
  })

  it('REWRITE needs a file and replaces it as a whole', () => {
    expect(client.call('CONFIG', 'REWRITE')).to.deep.equal(
      new ReplyError('ERR The server is running without a config file'),
    )
    node.core.server.config.file = {path: 'redis.conf', text: '# mine\nhz 10\n'}
    client.call('CONFIG', 'SET', 'hz', '20')
    expect(client.call('CONFIG', 'REWRITE')).to.equal('OK')
    const [effect] = node.files
    expect(effect).to.include({kind: 'replace', name: 'redis.conf'})
    expect(node.core.server.config.file.text).to.equal('# mine\nhz 20\n')
  })

  it('RESETSTAT begins counting anew', () => {
    client.call('SET', 'a', 1)
    client.call('NOSUCH')
    client.call('CONFIG', 'RESETSTAT')
    const info = client.call('INFO', 'commandstats', 'errorstats', 'stats')
    expect(info).to.not.contain('cmdstat_set')
    expect(info).to.not.contain('errorstat_')
    expect(info).to.match(/total_error_replies:0\r/)
  })
})
