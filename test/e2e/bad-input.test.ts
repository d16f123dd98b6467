/**
 * Whatever is typed wrongly, and whoever answers in a node's place: the program ends soon, says in one line what is wrong and
 * with whom, exits as documented, and the cluster is byte for byte what it was.
 */
import {readFileSync} from 'node:fs'
import path from 'node:path'
import {expect} from 'chai'
import {PROJECT_ROOT} from '../support/project-root.js'
import {describeOnServers} from '../support/real-servers.js'
import {runCli, type CliResult} from '../support/run-cli.js'
import {
  DOORS,
  INVOCATIONS,
  OPEN_SLOT,
  PEERS,
  REQUESTS,
  UNCOVERED_SLOT,
  VALUES,
  type BadInput,
} from './bad-input-cases.js'
import {prepareGround, type Ground} from './bad-input-ground.js'

const PATIENCE_MS = 15_000

const GROUPS: readonly (readonly [string, readonly BadInput[]])[] = [
  ['an invocation that makes no sense', INVOCATIONS],
  ['a value that makes no sense', VALUES],
  ['a peer that is no node', PEERS],
  ['a door that does not open', DOORS],
  ['a request that the cluster does not allow', REQUESTS],
]

describeOnServers('wrong input', ['redis-7.0', 'valkey-9.1'], (flavour) => {
  // Most of it never reaches a server: once is enough.
  const groups = flavour === 'redis-7.0' ? GROUPS : GROUPS.filter(([, cases]) => cases === DOORS)

  let ground: Ground
  let untouched: readonly string[]

  before(async () => {
    ground = await prepareGround(flavour)
    untouched = await ground.state()
  })

  after(() => ground.close())

  function expectRefused(cases: readonly BadInput[]): void {
    for (const input of cases) {
      it(`${input.line}: exit ${input.code}`, async () => {
        const [args, env] = wordsOf(ground.fill(input.line))
        const result = await runCli(args, {env, timeoutMs: PATIENCE_MS})
        expectError(result, {...input, says: ground.fill(input.says)})
        expect(await ground.state()).to.deep.equal(untouched)
      })
    }
  }

  for (const [title, cases] of groups) describe(title, () => expectRefused(cases))

  describe('with the limits as they are by default', () => {
    for (const kind of ['blackHole', 'silent', 'half-reply'] as const) {
      it(`${kind} is given up in time`, async () => {
        const {code, stderr} = await runCli(['check', ground.fill(`{${kind}}`)], {timeoutMs: PATIENCE_MS})
        expect(code).to.be.oneOf([4, 6])
        expect(stderr).to.contain(ground.fill(`{${kind}}`))
      })
    }
  })

  it('is told as JSON, on standard output alone, where JSON is asked for', async () => {
    const {stdout, stderr, code} = await runCli(['check', ground.fill('{closed}'), '--json'])
    expect({stderr, code}).to.deep.equal({stderr: '', code: 4})
    expect(JSON.parse(stdout)).to.deep.include({schema: 'tscluster.error/1', exitCode: 4})
    expect((JSON.parse(stdout) as {error: object}).error).to.include({
      code: 'unreachable',
      node: ground.fill('{closed}'),
    })
  })

  it('is told as JSON even of a command that does not exist', async () => {
    const {stdout, stderr, code} = await runCli(['chekc', ground.fill('{entry}'), '--json'])
    expect({stderr, code}).to.deep.equal({stderr: '', code: 2})
    expect(JSON.parse(stdout)).to.deep.include({schema: 'tscluster.error/1', exitCode: 2})
  })

  it('warns of a password on the command line, before it says that it is wrong', async () => {
    const {stderr, code} = await runCli(['check', ground.fill('{locked}'), '-a', 'hunter2'])
    expect(code).to.equal(4)
    expect(stderr).to.match(/^Warning: Using a password[^\n]*\nerror [^\n]*login refused[^\n]*\n$/)
    expect(stderr).not.to.contain('hunter2')
  })

  it('goes on to the next address when the first is dead, and says so', async () => {
    const {stdout, stderr, code} = await runCli(['check', ground.fill('{closed}'), ground.fill('{entry}')])
    expect(code).to.equal(0)
    expect(stdout).to.contain('healthy')
    expect(stderr).to.match(/^warning 127\.0\.0\.1:\d+ connection refused: trying the next address$/m)
  })

  describe('of a cluster with a slot that is half-way from one node to another', () => {
    before(async () => {
      await ground.openSlot(100)
      untouched = await ground.state()
    })

    expectRefused(OPEN_SLOT)
  })

  describe('of a cluster with a slot that nobody serves', () => {
    before(async () => {
      await ground.uncoverSlot(100)
      untouched = await ground.state()
    })

    expectRefused(UNCOVERED_SLOT)
  })
})

describe('help', function () {
  this.timeout(60_000)

  const manifest = JSON.parse(readFileSync(path.join(PROJECT_ROOT, 'oclif.manifest.json'), 'utf8')) as {
    readonly commands: Readonly<
      Record<string, {readonly hidden?: boolean; readonly summary?: string; readonly examples?: string[]}>
    >
  }
  const commands = Object.entries(manifest.commands).filter(([, {hidden}]) => hidden !== true)

  for (const words of [[], ['--help'], ['-h'], ['help']]) {
    it(`lists all commands for \`${['tscluster', ...words].join(' ')}\`, which is no mistake`, async () => {
      const {stdout, stderr, code} = await runCli(words)
      expect({stderr, code}).to.deep.equal({stderr: '', code: 0})
      // `engine:start` stands under its topic.
      const listed = new Set(commands.map(([name]) => name.split(':')[0]!))
      for (const name of listed) expect(stdout).to.match(new RegExp(`^ +${name} `, 'm'))
    })
  }

  for (const [name, {summary, examples = []}] of commands) {
    // oclif's plugins write those of their own commands.
    if (name === 'help' || name === 'autocomplete') continue
    it(`has a summary and examples of ${name}`, () => {
      expect(summary).to.be.a('string').that.is.not.empty
      expect(examples).to.not.be.empty
    })
  }

  it('of one command needs no cluster', async () => {
    const {stdout, stderr, code} = await runCli(['reshard', '--help'])
    expect({stderr, code}).to.deep.equal({stderr: '', code: 0})
    expect(stdout).to.contain('EXAMPLES').and.contain('$ tscluster reshard 127.0.0.1:7000')
  })
})

/** As a shell would: leading assignments are environment, `""` is an empty word. */
function wordsOf(line: string): [args: string[], env: Record<string, string>] {
  const words = line.split(' ').map((word) => (word === '""' ? '' : word))
  const assignments = words.slice(
    0,
    words.findIndex((word) => !/^[A-Z_]+=/.test(word)),
  )
  return [words.slice(assignments.length), Object.fromEntries(assignments.map((each) => each.split('=')))]
}

function expectError({code, stdout, stderr}: CliResult, {says, code: expected, talks}: BadInput): void {
  const said = `it said:\n${stdout}${stderr}`
  const pattern = says
    .split(/\s*…\s*/)
    .map((part) => part.replaceAll(/[^\w\s]/g, String.raw`\$&`))
    .join('[^\n]*')
  expect(stderr, said).to.match(new RegExp(pattern))
  expect(code, said).to.equal(expected)
  expect(stdout, 'standard output').to.equal('')
  expect(stderr, said).not.to.match(/^\s+at /m)
  if (!talks) expect(stderr, said).to.match(/^error [^\n]+ \[[a-z-]+\]\n$/)
}
