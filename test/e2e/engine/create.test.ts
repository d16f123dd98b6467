/** `tscluster create` where no server runs: `--engine` starts the nodes, and without it says so. */
import {expect} from 'chai'
import {EngineFolder} from '../../support/engine/state-folder.js'
import {freePort} from '../../support/free-ports.js'
import {runCli} from '../../support/run-cli.js'
import {describeInTerminal, openTerminal} from '../../support/terminal.js'

const addressesOf = (ports: readonly number[]): string[] => ports.map((port) => `127.0.0.1:${port}`)

describe('create without servers', function () {
  this.timeout(60_000)
  let folder: EngineFolder

  beforeEach(() => {
    folder = new EngineFolder()
  })
  afterEach(() => folder.remove())

  it('starts the nodes that --engine asks for, and makes them a cluster', async () => {
    const addresses = addressesOf(await folder.ports(6))
    const words = ['create', ...addresses, '--engine', '6', '--replicas', '1', '--yes', '--dir', folder.path]
    const {code, stdout, stderr} = await runCli(words)
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/^done create: /m)
    expect(stderr).to.contain('started 6 engine nodes')
    expect((await runCli(['check', addresses[0]!])).code).to.equal(0)
    const {nodes} = await folder.status()
    expect(nodes.map(({role, state}) => `${role} ${state}`).toSorted()).to.deep.equal([
      ...Array<string>(3).fill('primary ok'),
      ...Array<string>(3).fill('replica ok'),
    ])
  })

  it('finds ports itself when none are named', async () => {
    const {code, stdout, stderr} = await runCli(['create', '--engine', '3', '--yes', '--dir', folder.path])
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/^done create: /m)
    expect((await folder.status()).nodes).to.have.lengthOf(3)
  })

  it('names --engine in a script, and starts nothing', async () => {
    const addresses = addressesOf(await folder.ports(3))
    const {code, stderr} = await runCli(['create', ...addresses, '--yes', '--dir', folder.path])
    expect(code).to.equal(4)
    expect(stderr).to.match(/^error nothing listens on .*--engine 3\) \[unreachable\]\n$/)
    expect((await folder.status()).nodes).to.deep.equal([])
  })

  it('refuses numbers that do not agree, and a line that names nothing', async () => {
    const two = await runCli(['create', '127.0.0.1:7000', '127.0.0.1:7001', '--engine', '3', '--dir', folder.path])
    expect(two.code).to.equal(2)
    expect(two.stderr).to.contain('--engine 3 and 2 addresses do not agree')
    const none = await runCli(['create'])
    expect(none.code).to.equal(2)
    expect(none.stderr).to.contain('missing: NODES')
  })
})

describeInTerminal('create without servers, at a terminal', () => {
  it('asks whether to start nodes of the engine', async () => {
    const folder = new EngineFolder()
    const addresses = addressesOf([await freePort(), await freePort(), await freePort()])
    const terminal = openTerminal(['create', ...addresses, '--dir', folder.path])
    await terminal.expect(/Start 3 nodes of the bundled/)
    terminal.type('y')
    terminal.press('enter')
    await terminal.expect(/Carry out this plan\?/)
    terminal.type('y')
    terminal.press('enter')
    await terminal.expect(/done create: /)
    expect(await terminal.exitCode()).to.equal(0)
    await terminal.close()
    await folder.remove()
  })
})
