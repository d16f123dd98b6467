/** What all commands have in common: two streams, exit codes, JSON, events, --quiet, colours, errors of usage. */
import {readFileSync} from 'node:fs'
import path from 'node:path'
import {expect} from 'chai'
import type {PlanResult} from '../../src/cli/run-plan.js'
import type {Plan} from '../../src/manager/plan/plan.js'
import {startBadServer} from '../support/bad-servers.js'
import {slotsOf} from '../support/cluster-facts.js'
import {quickCluster, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers} from '../support/real-servers.js'
import {runCli} from '../support/run-cli.js'

interface Failure {
  readonly schema: string
  readonly exitCode: number
  readonly error: {readonly code: string; readonly message: string; readonly node?: string; readonly hint?: string}
}

const ESCAPE = '\u001b['

interface StreamLine {
  readonly schema: string
  readonly at: string
  readonly kind: string
  readonly lane?: {readonly target: {readonly address: string}}
}

describeOnServers('options', ['valkey-9.1'], (flavour) => {
  let cluster: QuickCluster
  let layout: string[]
  let reshard: string[]

  before(async () => {
    cluster = await quickCluster(flavour)
    layout = await slotsOf(cluster.primaries)
    reshard = ['reshard', cluster.entry, '--from', 'all', '--to', cluster.entry, '--slots', '10']
  })

  describe('that change nothing', () => {
    afterEach(async () => {
      expect(await slotsOf(cluster.primaries)).to.deep.equal(layout)
    })

    it('--dry-run prints the plan as the result, and --explain the commands of each step', async () => {
      const {code, stdout, stderr} = await runCli([...reshard, '--dry-run', '--explain', '--no-atomic'])
      expect({code, stderr}).to.deep.equal({code: 0, stderr: ''})
      expect(stdout).to.match(/^PHASE +WHAT HAPPENS$/m)
      const [target, source] = [cluster.entry, cluster.primaries[1]!.address]
      expect(stdout).to.include(`${target}> CLUSTER SETSLOT <slot> IMPORTING ${cluster.ids[1]}`)
      expect(stdout).to.include(`${source}> MIGRATE ${target.replace(':', ' ')} "" 0 60000 KEYS <key> …`)
    })

    it('--out saves the very plan that --json prints', async () => {
      const file = path.join(cluster.nodes.node(0).directory, 'plan.json')
      const {code, stdout, stderr} = await runCli([...reshard, '--out', file, '--json'])
      expect({code, stderr}).to.deep.equal({code: 0, stderr: ''})
      const {plan, status} = JSON.parse(stdout) as PlanResult
      expect(status).to.equal('planned')
      expect(JSON.parse(readFileSync(file, 'utf8')) as Plan).to.deep.include({
        phases: plan!.phases,
        basedOn: plan!.basedOn,
      })
    })

    it('--out to a file that cannot be written fails, and names it', async () => {
      const {code, stderr} = await runCli([...reshard, '--out', '/nowhere/plan.json'])
      expect(code).to.equal(1)
      expect(stderr).to.match(/^error cannot save the plan: .*\/nowhere\/plan.json.*\[io\]$/m)
    })

    it('NO_COLOR, --no-color and a pipe keep colours away; FORCE_COLOR brings them', async () => {
      const words = [...reshard, '--dry-run']
      for (const [flags, env] of [
        [[], {}],
        [['--no-color'], {FORCE_COLOR: '1'}],
        [[], {FORCE_COLOR: '1', NO_COLOR: '1'}],
        [[], {FORCE_COLOR: '1', TERM: 'dumb'}],
      ] as const) {
        expect((await runCli([...words, ...flags], {env})).stdout).not.to.include(ESCAPE)
      }
      const forced = await runCli(['check', cluster.entry], {
        env: {FORCE_COLOR: '1', TERM: 'xterm', NO_COLOR: undefined},
      })
      expect(forced.stdout).to.include(ESCAPE)
    })

    it('a refusal is a document, too', async () => {
      const {code, stdout, stderr} = await runCli([...reshard.slice(0, -1), '16384', '--yes', '--json'])
      const {schema, status, exitCode, refusals} = JSON.parse(stdout) as PlanResult
      expect({code, stderr}).to.deep.equal({code: 3, stderr: ''})
      expect({schema, status, exitCode}).to.deep.equal({schema: 'tscluster.reshard/1', status: 'refused', exitCode: 3})
      expect(refusals!.map((finding) => finding.code)).to.deep.equal(['too-many-slots'])
    })

    it('an error is a document, too', async () => {
      const closed = await startBadServer('closed')
      const {code, stdout, stderr} = await runCli(['check', closed.address, '--json'])
      const {schema, exitCode, error} = JSON.parse(stdout) as Failure
      expect({code, stderr}).to.deep.equal({code: 4, stderr: ''})
      expect({schema, exitCode}).to.deep.equal({schema: 'tscluster.error/1', exitCode: 4})
      expect(error).to.deep.include({code: 'unreachable', node: closed.address})
      expect(error.hint).to.be.a('string')
    })

    for (const [words, reason] of [
      [['check'], /^error missing: CLUSTER .*tscluster check --help/],
      [['check', 'entry', '--strickt'], /unknown flag --strickt \(did you mean --strict\?/],
      [['check', 'entry:notaport'], /is not an address/],
      [['check', '127.0.0.1:70000'], /70000 is not between 1 and 65535/],
      [['create', 'entry', '--replicas', 'many'], /--replicas wants a whole number/],
      [['fix', 'entry', '--timeout', 'soon'], /--timeout wants a duration such as 60s/],
    ] as const) {
      it(`a wrong invocation fails with 2 in one line: ${words.join(' ')}`, async () => {
        const {code, stdout, stderr} = await runCli(words.map((word) => (word === 'entry' ? cluster.entry : word)))
        expect(stderr).to.match(reason)
        expect(stderr.trimEnd().split('\n')).to.have.lengthOf(1)
        expect({code, stdout}).to.deep.equal({code: 2, stdout: ''})
      })
    }
  })

  describe('that go with a change', () => {
    it('--json is one document on standard output and nothing anywhere else', async () => {
      const {code, stdout, stderr} = await runCli([...reshard, '--yes', '--json'])
      const {schema, status, exitCode, outcome, findings} = JSON.parse(stdout) as PlanResult
      expect({code, stderr}).to.deep.equal({code: 0, stderr: ''})
      expect({schema, status, exitCode}).to.deep.equal({schema: 'tscluster.reshard/1', status: 'applied', exitCode: 0})
      expect(outcome).to.deep.include({slotsMoved: 10, keysMoved: 0, stepsLeft: 0, touched: true})
      expect(findings!.map((finding) => finding.code)).to.deep.equal(['no-replicas'])
    })

    it('--json-stream is one line of JSON for each event and one for the result, and words for people beside it', async () => {
      const {code, stdout, stderr} = await runCli([...reshard, '--yes', '--json-stream'])
      expect(code).to.equal(0)
      const lines = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as StreamLine)
      const result = lines.pop()!
      expect(result).to.include({schema: 'tscluster.reshard/1', status: 'applied'})
      expect(lines.every(({schema, at}) => schema === 'tscluster.event/1' && !Number.isNaN(Date.parse(at)))).to.equal(
        true,
      )
      expect(lines[0]!.kind).to.equal('phase-started')
      expect(lines.at(-1)!.kind).to.equal('step-finished')
      const moved = lines.filter(({kind}) => kind === 'slot-moved')
      expect(moved).to.have.lengthOf(10)
      expect(moved[0]!.lane!.target.address).to.match(/^127\.0\.0\.1:\d+$/)
      expect(stderr).to.match(/^done reshard: 10 slots and 0 keys moved/m)
    })

    it('--json-stream with --json leaves standard error empty, and tells an error as its last line', async () => {
      const fine = await runCli([...reshard, '--yes', '--json-stream', '--json'])
      expect(fine).to.include({code: 0, stderr: ''})
      const {code, stdout} = await runCli(['reshard', '127.0.0.1:1', '--json-stream'])
      expect({code, ...(JSON.parse(stdout) as object)}).to.deep.include({
        code: 4,
        schema: 'tscluster.error/1',
        exitCode: 4,
      })
      expect(stdout.trimEnd()).not.to.include('\n')
    })

    it('--quiet leaves the result and nothing else', async () => {
      const {code, stdout, stderr} = await runCli([...reshard, '--yes', '--quiet'])
      expect({code, stderr}).to.deep.equal({code: 0, stderr: ''})
      expect(stdout).to.match(/^done reshard: 10 slots and 0 keys moved in .*\n$/)
    })

    it('a hanging node costs no more than --reply-timeout', async () => {
      cluster.nodes.pause(2)
      const {code, stdout} = await runCli(['check', cluster.entry, '--reply-timeout', '1500ms', '--json'])
      cluster.nodes.resume(2)
      expect(code).to.equal(1)
      expect(stdout).to.include(cluster.nodes.node(2).address).and.include('primary-unreachable')
    })
  })
})
