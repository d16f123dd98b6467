/** Redis 8.4, which migrates at the target's request: a stand-in that answers as its documentation says. */
import {expect} from 'chai'
import {runCli, type CliResult} from '../../support/run-cli.js'
import {startRedis84, type StandInCluster} from '../../support/stand-in-server.js'
import type {Redis84Options} from '../../support/redis-84.js'

describe('atomic slot migration on Redis 8.4 (a stand-in)', () => {
  let cluster: StandInCluster

  afterEach(() => cluster.stop())

  async function reshard(options: Redis84Options, ...flags: string[]): Promise<CliResult & {heard: string}> {
    cluster = await startRedis84(options)
    const [first, second] = cluster.nodes.map(({host, port}) => `${host}:${port}`) as [string, string]
    const ends = ['--from', first, '--to', second]
    const result = await runCli(['reshard', first, ...ends, '--slots', '0-4 7', '--yes', '--explain', ...flags])
    const [source, target] = cluster.nodes.map(({port}) => String(port)) as [string, string]
    return {...result, heard: cluster.redis.heard.join(', ').replaceAll(source, 'source').replaceAll(target, 'target')}
  }

  it('is chosen by itself, and asked of the target', async () => {
    const {code, stderr, stdout, heard} = await reshard({})
    expect(code, stderr).to.equal(0)
    expect(stderr).to.include('atomically').and.include(`> CLUSTER MIGRATION IMPORT 0 4 7 7`)
    expect(stdout).to.include('done reshard: 6 slots')
    expect(heard).to.equal('target IMPORT 0 4 7 7')
    expect(cluster.nodes[1]!.slots.toString()).to.equal('0-4 7 8192-16383')
  })

  it('is cancelled on both ends when it keeps failing, the target first, and MIGRATE takes over', async () => {
    const {code, stderr, heard} = await reshard({fails: () => true})
    expect(code, stderr).to.equal(0)
    expect(stderr).to.include('falls back to MIGRATE for 6 slots').and.include('Main channel - Connection is closed')
    expect(heard).to.match(/^target IMPORT 0 4 7 7, target CANCEL ID, source CANCEL ID, target IMPORT 0 \d/)
    expect(heard.match(/target CANCEL ID, source CANCEL ID/g)!.length).to.be.at.least(3)
    expect(heard).to.include('target SETSLOT 7 NODE')
    expect(cluster.nodes[1]!.slots.toString()).to.equal('0-4 7 8192-16383')
  })

  it('fails without another way when it was asked for, and leaves the slots where they were', async () => {
    const {code, stderr, heard} = await reshard({fails: () => true}, '--atomic')
    expect(code).to.be.greaterThan(0)
    expect(stderr).to.include('atomic slot migration failed').and.include('--no-atomic')
    expect(heard).to.not.include('SETSLOT')
    expect(cluster.nodes[0]!.slots.toString()).to.equal('0-8191')
    expect(cluster.redis.tasks.map(({state}) => state)).to.satisfy((states: string[]) =>
      states.every((state) => state === 'canceled'),
    )
  })
})
