/** Faults on demand from a terminal: kill, pause, resume, restart, partition, heal, slow, and DEBUG SEGFAULT, on one cluster. */
import {readFileSync} from 'node:fs'
import {expect} from 'chai'
import {accountOf, selfOf} from '../../support/cluster-facts.js'
import {EngineFolder, type Status} from '../../support/engine/state-folder.js'
import {runCli} from '../../support/run-cli.js'
import {describeOnServers} from '../../support/real-servers.js'
import {command} from '../../support/resp.js'
import {startNodes} from '../../support/server-nodes.js'
import {until} from '../../support/until.js'

const NODE_TIMEOUT_MS = 1500
const LONG = {timeoutMs: 30_000}

const at = (port: number): {host: string; port: number} => ({host: '127.0.0.1', port})
const ping = (port: number): Promise<unknown> => command(at(port), 'PING')

describeOnServers('a partition between engine nodes and real ones', ['redis-7.0'], (flavour) => {
  const folder = new EngineFolder()
  after(() => folder.remove())

  it('cuts what the real ones call for, too, and heals', async function () {
    this.timeout(120_000)
    const [ours, second] = (await folder.ports(2)) as [number, number]
    const settings = ['--set', `cluster-node-timeout=${NODE_TIMEOUT_MS}`, '--set', 'save=']
    await folder.run(['start', String(ours), String(second), ...settings])
    const reals = await startNodes(flavour, 2, {config: {'cluster-node-timeout': NODE_TIMEOUT_MS}})
    const [real, replica] = [reals.node(0), reals.node(1)]
    const run = async (...words: string[]): Promise<void> => {
      const {code, stderr} = await runCli([...words, '--yes'])
      expect(code, stderr).to.equal(0)
    }
    await run('create', String(ours), String(second), real.address)
    await run('add-node', replica.address, String(ours), '--primary-id', String(ours))
    const says = async (node: {host: string; port: number}, pattern: RegExp, ...words: string[]): Promise<void> => {
      const what = `${node.port} to say ${String(pattern)}`
      await until(async () => pattern.test(String(await command(node, ...words))), {...LONG, what})
    }
    const {stderr} = await folder.run(['partition', `${ours},${second} | ${real.port},${replica.port}`])
    expect(stderr).not.to.contain('real servers')
    const seen = (port: number, flags: string): RegExp => new RegExp(`:${port}@\\d+ ${flags}`)
    await says(at(ours), seen(real.port, 'master,fail '), 'CLUSTER', 'NODES')
    await says(real, seen(ours, 'master,fail\\?'), 'CLUSTER', 'NODES')
    await says(replica, /master_link_status:down/, 'INFO', 'replication')
    await folder.run(['heal'])
    for (const node of [at(ours), at(second), real, replica]) await says(node, /cluster_state:ok/, 'CLUSTER', 'INFO')
    await says(replica, /master_link_status:up/, 'INFO', 'replication')
    await reals.stop()
  })
})

describe('faults on demand', function () {
  this.timeout(90_000)
  const folder = new EngineFolder()
  let ports: number[]

  before(async () => {
    ports = (await folder.ports(6)).sort((a, b) => a - b)
    const names = ports.map(String)
    await folder.run(['start', ...names, '--set', `cluster-node-timeout=${NODE_TIMEOUT_MS}`, '--set', 'save='])
    const created = await runCli(['create', ...names.map((port) => `127.0.0.1:${port}`), '--replicas', '1', '--yes'])
    expect(created.code, created.stderr).to.equal(0)
  })
  after(() => folder.remove())

  async function nodeOf(port: number): Promise<Status['nodes'][number]> {
    return (await folder.status()).nodes.find((node) => node.port === port)!
  }

  /** A primary that has a replica just now (they may move), its replica, and another primary. */
  async function roles(): Promise<{primary: number; replica: number; witness: number}> {
    const lines = await accountOf(at(ports[0]!))
    const follower = lines.find(({primaryId}) => primaryId !== null)!
    const owners = lines.filter(({slots}) => slots.size > 0)
    const portOf = (isIt: (id: string) => boolean): number => owners.find(({id}) => isIt(id))!.address.port
    const {primaryId} = follower
    return {
      primary: portOf((id) => id === primaryId),
      replica: follower.address.port,
      witness: portOf((id) => id !== primaryId),
    }
  }

  async function untilPrimary(port: number): Promise<void> {
    const isPrimary = async (): Promise<boolean> => (await selfOf(at(port))).slots.size > 0
    await until(isPrimary, {...LONG, what: `the replica on port ${port} to take over`})
  }

  /** Nobody is doubted, every slot is served, and every replica hears its primary. */
  async function untilWell(): Promise<void> {
    const isWell = async (port: number): Promise<boolean> => {
      const lines = await accountOf(at(port))
      const doubted = lines.some(({flags}) => flags.has('fail') || flags.has('pfail') || flags.has('handshake'))
      const [info, replication] = await Promise.all([
        command(at(port), 'CLUSTER', 'INFO'),
        command(at(port), 'INFO', 'replication'),
      ])
      return !doubted && String(info).includes('cluster_state:ok') && !String(replication).includes('link_status:down')
    }
    await until(async () => (await Promise.all(ports.map(isWell))).every(Boolean), {...LONG, what: 'all to be well'})
  }

  async function untilReplica(port: number): Promise<void> {
    const follows = async (): Promise<boolean> => (await selfOf(at(port))).primaryId !== null
    await until(follows, {...LONG, what: `the node on port ${port} to come back as a replica`})
  }

  it('kill: the replica takes over, and restart brings the node back as a replica', async () => {
    const {primary, replica} = await roles()
    expect(await folder.run(['kill', String(primary)])).to.include({code: 0, stdout: `1 node killed: ${primary}\n`})
    expect(await nodeOf(primary)).to.include({state: 'killed', pid: null})
    const status = await folder.run(['status'])
    expect(status.stderr).to.contain(`${primary} killed: \`tscluster engine restart ${primary}\``)
    const again = await folder.run(['kill', String(primary)])
    expect(again).to.include({code: 0, stderr: `${primary} did not run\n`})
    await untilPrimary(replica)
    expect((await folder.run(['restart', String(primary)])).stdout).to.equal(`1 node started: ${primary}\n`)
    await untilReplica(primary)
    await untilWell()
  })

  it('DEBUG SEGFAULT ends one node, leaves a report in its log, and nobody else notices', async () => {
    const {primary, replica} = await roles()
    const {pid} = await folder.status()
    await command(at(primary), 'DEBUG', 'SEGFAULT').catch(() => undefined)
    await until(async () => (await nodeOf(primary)).state === 'crashed', {what: 'the crash to be told'})
    expect((await folder.status()).pid).to.equal(pid)
    const log = readFileSync(folder.file(primary, 'server.log'), 'utf8')
    expect(log).to.match(/^=== REDIS BUG REPORT START: Cut & paste starting from here ===$/m)
    expect(log).to.match(/^\d+:M .* # Redis 7\.0\.\d+ crashed by signal: 11, si_code: \d+$/m)
    expect(log).to.contain('argv[1]: \'"SEGFAULT"\'')
    expect(log).to.match(/^=== REDIS BUG REPORT END\./m)
    await untilPrimary(replica)
    await folder.run(['restart', String(primary)])
    await untilReplica(primary)
    await untilWell()
  })

  it('pause: the others take it for dead, resume: it is back', async () => {
    const {replica, witness} = await roles()
    const flagsOfPaused = async (): Promise<ReadonlySet<string>> =>
      (await accountOf(at(witness))).find(({address}) => address.port === replica)!.flags
    expect((await folder.run(['pause', String(replica)])).stdout).to.equal(`1 node paused: ${replica}\n`)
    expect((await folder.run(['pause', String(replica)])).stderr).to.contain(`${replica} paused already`)
    expect(await nodeOf(replica)).to.deep.include({
      state: 'paused',
      role: 'replica',
      faults: {paused: true, partitionedFrom: [], latencyMs: 0},
    })
    await until(async () => (await flagsOfPaused()).has('fail'), {...LONG, what: 'the paused node to be FAIL'})
    expect((await folder.run(['resume'])).stdout).to.equal(`1 node resumed: ${replica}\n`)
    await untilWell()
  })

  it('partition: the minority stops taking writes, the majority goes on, and heal makes them agree', async () => {
    const {primary, replica} = await roles()
    const rest = ports.filter((port) => port !== primary)
    const {stdout} = await folder.run(['partition', `${primary} | ${rest.join(',')}`, '--json'])
    expect(JSON.parse(stdout)).to.deep.include({groups: [[primary], rest], exitCode: 0})
    expect((await folder.run(['status'])).stdout).to.match(new RegExp(`^${primary} .* partitioned from \\d+`, 'm'))
    await untilPrimary(replica)
    const refusal = async (): Promise<string> =>
      command(at(primary), 'CLUSTER', 'INFO').then((info) => /cluster_state:(\w+)/.exec(String(info))![1]!)
    await until(async () => (await refusal()) === 'fail', {...LONG, what: 'the minority to stop'})
    expect(await ping(primary)).to.equal('PONG')
    // A process is no cable: what is cut stays cut.
    await folder.run(['kill', String(primary)])
    await folder.run(['restart', String(primary)])
    expect((await nodeOf(primary)).faults.partitionedFrom).to.deep.equal(rest)
    expect((await folder.run(['heal'])).stdout).to.contain('6 nodes healed')
    await untilReplica(primary)
    await untilWell()
    expect((await folder.run(['heal'])).stderr).to.contain('whole and quick already')
  })

  it('slow: every answer takes that much longer, and check with less patience says so', async () => {
    const {primary, witness: slow} = await roles()
    const latencyMs = 600
    await folder.run(['slow', String(slow), '--latency', String(latencyMs)])
    const startedMs = performance.now()
    expect(await ping(slow)).to.equal('PONG')
    expect(performance.now() - startedMs).to.be.at.least(latencyMs - 2)
    expect((await folder.run(['status'])).stdout).to.match(new RegExp(`^${slow} .* slow ${latencyMs} ms$`, 'm'))
    const isMissed = async (): Promise<boolean> => {
      const {code, stdout} = await runCli(['check', `127.0.0.1:${primary}`, '--reply-timeout', '300ms'])
      return code === 1 && stdout.includes(`127.0.0.1:${slow} `) && stdout.includes('no answer within 300 ms')
    }
    await until(isMissed, {...LONG, what: 'an impatient check to miss the slow node'})
    await folder.run(['slow', String(slow), '--latency', '0'])
    expect((await nodeOf(slow)).faults.latencyMs).to.equal(0)
    await untilWell()
  })

  it('restart: a node that runs ends well first', async () => {
    const {replica} = await roles()
    expect((await folder.run(['restart', String(replica)])).stdout).to.equal(`1 node restarted: ${replica}\n`)
    expect(readFileSync(folder.file(replica, 'server.log'), 'utf8')).to.contain('User requested shutdown')
    await untilWell()
  })

  it('stop: a primary waits for a replica that is cut off, says so, and holds up nobody else', async () => {
    const {primary, replica, witness} = await roles()
    await folder.run(['partition', String(replica)])
    // Told to every replica, whatever slots there are: the one behind the partition lags from now on.
    await command(at(primary), 'FLUSHALL')
    const stop = folder.run(['stop', String(primary)])
    await until(async () => (await nodeOf(primary)).state === 'stopping', {...LONG, what: 'the stop to wait'})
    const why = `${primary} waits for 127.0.0.1:${replica} to catch up`
    expect((await folder.run(['status'])).stderr).to.contain(why)
    expect((await nodeOf(primary)).stopping!.replicas).to.deep.equal([`127.0.0.1:${replica}`])
    expect((await folder.run(['pause', String(witness)])).code).to.equal(0)
    expect((await folder.run(['resume', String(witness)])).code).to.equal(0)
    await folder.run(['kill', String(primary)])
    const {code, stdout, stderr} = await stop
    expect([code, stdout]).to.deep.equal([0, `1 node stopped\n`])
    expect(stderr).to.contain(`${why}, `).and.contain(`tscluster engine kill ${primary}`)
    await folder.run(['heal'])
    await folder.run(['restart', String(primary)])
    await untilWell()
  })

  it('what cannot be done is one line with a remedy, and nothing is changed', async () => {
    const [one, other] = ports as [number, number]
    const unknown = await folder.run(['kill', '9'])
    expect(unknown).to.include({code: 2, stdout: ''})
    expect(unknown.stderr).to.match(
      /^error there is no node on port 9 in .* \(`tscluster engine status` .*\[usage\]\n$/,
    )
    const twice = await folder.run(['partition', `${one},${other}`, String(one)])
    expect(twice.code).to.equal(2)
    expect(twice.stderr).to.contain(`port ${one} is in two groups`)
    await folder.run(['stop', String(one)])
    const idle = await folder.run(['pause', `${one},${other}`])
    expect(idle.code).to.equal(3)
    expect(idle.stderr).to.contain(`${one} does not run`).and.contain(`tscluster engine restart ${one}`)
    expect((await nodeOf(other)).faults.paused).to.equal(false)
    expect(await nodeOf(one)).to.include({state: 'stopped'})
  })
})
