/** `tscluster engine run`: a program with a cluster of its own. */
import {expect} from 'chai'
import {runCli, startCli} from '../../support/run-cli.js'

const SHOW = 'console.log(process.env.REDIS_URL + " " + process.env.REDIS_CLUSTER_NODES)'
const node = (script: string): string[] => [process.execPath, '--eval', script]

describe('engine run', function () {
  this.timeout(60_000)

  it('tells the program where its cluster is', async () => {
    const {stdout, code} = await runCli(['engine', 'run', '--nodes', '6', '--replicas', '1', '--', ...node(SHOW)])
    const [url, list = ''] = stdout.trim().split(' ')
    expect(list.split(',')).to.have.lengthOf(6)
    expect(url).to.equal(`redis://${list.split(',')[0]}`)
    expect(code).to.equal(0)
  })

  it('gives it a cluster that takes writes, and has an end', async () => {
    const script = [
      "import('ioredis').then(async ({Cluster}) => {",
      "const client = new Cluster(process.env.REDIS_CLUSTER_NODES.split(',').map((each) => `redis://${each}`))",
      "for (let i = 0; i < 50; i++) await client.set('key' + i, i)",
      "console.log(await client.get('key7')); client.disconnect() })",
    ].join('\n')
    expect(await runCli(['engine', 'run', '--', ...node(script)])).to.include({code: 0, stdout: '7\n'})
  })

  it('passes its exit code on', async () => {
    expect(await runCli(['engine', 'run', '--', ...node('process.exit(42)')])).to.include({code: 42})
  })

  it('passes signals on, and ends as a shell would when one ends the program', async () => {
    const script = 'console.log("up"); setInterval(() => undefined, 1000)'
    const running = startCli(['engine', 'run', '--nodes', '1', '--', ...node(script)])
    await running.signalAfter(/up/, 'SIGTERM')
    expect(await running.done).to.include({code: 143})
  })

  it('lets the program end as it likes', async () => {
    const script = 'process.on("SIGINT", () => process.exit(5)); console.log("up"); setInterval(() => undefined, 1000)'
    const running = startCli(['engine', 'run', '--nodes', '1', '--', ...node(script)])
    await running.signalAfter(/up/, 'SIGINT')
    expect(await running.done).to.include({code: 5})
  })

  it('has one document on standard output with --json', async () => {
    const {stdout, stderr} = await runCli([
      'engine',
      'run',
      '--nodes',
      '1',
      '--json',
      '--',
      ...node('console.log("hello")'),
    ])
    expect(JSON.parse(stdout)).to.include({schema: 'tscluster.engine-run/1', exitCode: 0})
    expect(stderr).to.contain('hello')
  })

  it('refuses numbers that do not come out even, and a line without a program', async () => {
    const uneven = await runCli(['engine', 'run', '--nodes', '5', '--replicas', '1', '--', 'true'])
    expect(uneven.code).to.equal(2)
    expect(uneven.stderr).to.contain('--nodes 5 cannot be shared out')
    const empty = await runCli(['engine', 'run'])
    expect(empty).to.include({code: 2})
  })

  it('says that there is no such program', async () => {
    const {code, stderr} = await runCli(['engine', 'run', '--nodes', '1', '--', 'no-such-program-here'])
    expect(code).to.equal(2)
    expect(stderr).to.contain('no-such-program-here')
  })
})
