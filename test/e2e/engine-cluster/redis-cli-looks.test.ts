/** redis-cli, valkey-cli and redis-benchmark as they are: a cluster of engine nodes is made, looked at and used with them. */
import {expect} from 'chai'
import {describeOnEngine, runTool, type Tool} from '../../support/engine/real-tools.js'
import {untilClusterAgrees} from '../../support/quick-cluster.js'
import {startNodes, type ServerNodes} from '../../support/server-nodes.js'

const REDIS_CLI: Tool = ['redis-7.0', 'cli']
const VALKEY_CLI: Tool = ['valkey-9.1', 'cli']
const REDIS_BENCHMARK: Tool = ['redis-7.0', 'benchmark']

describeOnEngine('engine nodes under real tools', [REDIS_CLI, VALKEY_CLI, REDIS_BENCHMARK], () => {
  let nodes: ServerNodes

  before(async () => {
    nodes = await startNodes('engine', 6)
  })

  /** `--cluster <command> <first node> …`: its last output. */
  const manage = (command: string, ...more: readonly string[]): Promise<string> =>
    runTool(REDIS_CLI, ['--cluster', command, nodes.addresses[0]!, ...more])

  it('redis-cli --cluster create makes one of six nodes', async () => {
    const create = ['--cluster', 'create', ...nodes.addresses, '--cluster-replicas', '1']
    const said = await runTool(REDIS_CLI, create, {input: 'yes\n'})
    expect(said).to.contain('[OK] All nodes agree about slots configuration.')
    expect(said).to.contain('[OK] All 16384 slots covered.')
    await untilClusterAgrees(nodes)
  })

  it('check and info of redis-cli find nothing wrong', async () => {
    const said = await manage('check')
    expect(said).to.contain('[OK] All nodes agree about slots configuration.')
    expect(said.match(/1 additional replica\(s\)/g)).to.have.length(3)
    expect(await manage('info')).to.match(/\[OK\] \d+ keys in 3 masters\.\n/)
  })

  it('nor does check of valkey-cli', async () => {
    const said = await runTool(VALKEY_CLI, ['--cluster', 'check', nodes.addresses[5]!])
    expect(said).to.contain('[OK] All nodes agree about slots configuration.')
    expect(said).to.contain('[OK] All 16384 slots covered.')
  })

  it('call asks every node, the primaries or the replicas', async () => {
    expect((await manage('call', 'PING')).match(/PONG/g)).to.have.length(6)
    expect((await manage('call', 'ROLE', '--cluster-only-masters')).match(/^.*: master$/gm)).to.have.length(3)
    expect((await manage('call', 'ROLE', '--cluster-only-replicas')).match(/^.*: slave$/gm)).to.have.length(3)
  })

  it('set-timeout sets it on every node', async () => {
    expect(await manage('set-timeout', '3000')).to.contain('>>> New node timeout set. 6 OK, 0 ERR.')
    const timeouts = await Promise.all(nodes.addresses.map((_, index) => nodes.configOf(index, 'cluster-node-timeout')))
    expect(new Set(timeouts)).to.deep.equal(new Set(['3000']))
  })

  it('redis-cli -c follows the redirections of every type of key', async () => {
    const first = nodes.node(0)
    const lines: readonly (readonly [request: string, reply: string])[] = [
      ['SET string:{1} one', 'OK'],
      ['SET string:{2} two EX 1000', 'OK'],
      ['RPUSH list:{3} a b c', '3'],
      ['HSET hash:{4} field value', '1'],
      ['SADD set:{5} member', '1'],
      ['ZADD zset:{6} 1.5 member', '1'],
      ['SETBIT bits:{7} 7 1', '0'],
      ['PFADD log:{8} a b', '1'],
      ['GEOADD geo:{9} 13.361389 38.115556 Palermo', '1'],
      ['GET string:{1}', 'one'],
      ['TTL string:{2}', '1000'],
      ['LRANGE list:{3} 1 1', 'b'],
      ['HGET hash:{4} field', 'value'],
      ['SMEMBERS set:{5}', 'member'],
      ['ZSCORE zset:{6} member', '1.5'],
      ['GETBIT bits:{7} 7', '1'],
      ['PFCOUNT log:{8}', '2'],
      ['GEOHASH geo:{9} Palermo', 'sqc8b49rny0'],
      ['MGET {1}a {1}b', '\n'],
      ['MGET {1}a {2}b', "CROSSSLOT Keys in request don't hash to the same slot"],
    ]
    const input = lines.map(([request]) => `${request}\n`).join('')
    const said = await runTool(REDIS_CLI, ['-c', '-h', first.host, '-p', String(first.port)], {input})
    const told = said.trimEnd().split('\n')
    const replies = told.filter((line) => !line.startsWith('-> Redirected to slot ['))
    expect(replies).to.deep.equal(lines.flatMap(([, reply]) => reply.split('\n')))
    expect(told.length, 'some were redirected').to.be.greaterThan(replies.length)
  })

  it('redis-benchmark --cluster loads all primaries', async () => {
    const load = ['-t', 'set,get,lpush,hset,zadd,mset', '-n', '600', '-r', '200', '-c', '12']
    const said = await runTool(REDIS_BENCHMARK, [...load, '--cluster', '-q', '-p', String(nodes.node(0).port)])
    expect(said).to.contain('Cluster has 3 master nodes:')
    expect(said.match(/requests per second/g)).to.have.length.at.least(6)
    expect(said).not.to.match(/error/i)
    const sizes = await Promise.all(nodes.addresses.map((_, index) => nodes.command(index, 'DBSIZE')))
    expect(sizes.every((size) => Number(size) > 0)).to.equal(true)
  })
})
