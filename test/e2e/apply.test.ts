/** `--out` and `tscluster apply`: a plan is made by one, read by another, and carried out only where it still fits. */
import {readFileSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect} from 'chai'
import type {PlanResult} from '../../src/cli/run-plan.js'
import {slotCounts} from '../support/cluster-facts.js'
import {quickCluster, untilClusterAgrees, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers} from '../support/real-servers.js'
import {runCli, type CliResult} from '../support/run-cli.js'

describeOnServers('apply', ['engine', 'redis-7.0', 'valkey-9.1'], (flavour) => {
  let cluster: QuickCluster
  let file: string

  before(async () => {
    cluster = await quickCluster(flavour, {password: 'secret'})
    file = path.join(cluster.nodes.node(0).directory, 'plan.json')
  })

  function run(...words: string[]): Promise<CliResult> {
    return runCli(words, {env: {REDISCLI_AUTH: 'secret'}})
  }

  function plan(slots: string): Promise<CliResult> {
    return run('reshard', cluster.entry, '--from', 'all', '--to', cluster.ids[0]!, '--slots', slots, '--out', file)
  }

  it('is given a plan that says how to use it, changes nothing, and holds no secret', async () => {
    const {code, stdout, stderr} = await plan('100')
    expect({code, stdout}).to.deep.equal({code: 0, stdout: ''})
    expect(stderr).to.include(`saved: carry it out with \`tscluster apply ${file}\``)
    expect(await slotCounts(cluster.primaries)).to.deep.equal([5461, 5462, 5461])
    expect(readFileSync(file, 'utf8')).not.to.include('secret')
    expect(statSync(file).mode & 0o777).to.equal(0o600)
  })

  it('shows the plan with --dry-run, and carries it out', async () => {
    const shown = await run('apply', file, '--dry-run', '--explain')
    const how = flavour === 'redis-7.0' ? 'CLUSTER SETSLOT <slot> IMPORTING' : 'CLUSTER MIGRATESLOTS SLOTSRANGE'
    expect(shown.stdout).to.include('move 50 slots').and.include(how)
    const {code, stdout, stderr} = await run('apply', file, '--yes')
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/^done reshard: 100 slots and 0 keys moved/)
    expect((await slotCounts(cluster.primaries))[0]).to.equal(5561)
    await untilClusterAgrees(cluster.nodes)
  })

  it('refuses the plan once the cluster has changed', async () => {
    const {code, stdout, stderr} = await run('apply', file, '--yes')
    expect({code, stdout}).to.deep.equal({code: 3, stdout: ''})
    expect(stderr).to.match(/^error the cluster is no longer what this plan was made for .*\[stale-plan\]$/m)
    expect((await slotCounts(cluster.primaries))[0]).to.equal(5561)
  })

  it('reads a plan from standard input', async () => {
    await plan('9')
    const input = readFileSync(file, 'utf8')
    const {code, stderr} = await runCli(['apply', '-', '--yes'], {input, env: {REDISCLI_AUTH: 'secret'}})
    expect(code, stderr).to.equal(0)
    expect((await slotCounts(cluster.primaries))[0]).to.equal(5570)
  })

  it('asks first, and takes a no', async () => {
    await plan('9')
    const {code, stderr} = await runCli(['apply', file], {input: 'no\n', env: {REDISCLI_AUTH: 'secret'}})
    expect(code).to.equal(3)
    expect(stderr).to.include('declined: nothing was changed')
  })

  it('refuses what is no plan, and says why', async () => {
    const broken = path.join(cluster.nodes.node(0).directory, 'broken.json')
    for (const [text, reason] of [
      ['{', /is not a plan/],
      ['{"version": 2}', /is not a plan/],
      [readFileSync(file, 'utf8').replace(/"(move|migrate)-slots"/, '"drop-slots"'), /is not a plan/],
    ] as const) {
      writeFileSync(broken, text)
      const {code, stderr} = await run('apply', broken, '--yes')
      expect(stderr).to.match(reason)
      expect(code).to.equal(2)
    }
    const missing = await run('apply', path.join(path.dirname(file), 'missing.json'), '--yes', '--json')
    const document = JSON.parse(missing.stdout) as PlanResult & {readonly error: {readonly code: string}}
    expect(document).to.deep.include({schema: 'tscluster.error/1', exitCode: 2})
    expect(document.error.code).to.equal('usage')
  })
})
