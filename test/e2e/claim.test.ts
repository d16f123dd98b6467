/** One changing operation per cluster at a time, whoever starts it from wherever. */
import {mkdtempSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {fileURLToPath} from 'node:url'
import {expect} from 'chai'
import {openPool} from '../../src/cli/connection.js'
import {systemClock} from '../../src/cli/world.js'
import {takeClaim} from '../../src/manager/execute/claim/take-claim.js'
import type {NodePool} from '../../src/manager/ports.js'
import {address} from '../../src/model/address.js'
import {slotOf} from '../../src/model/slot.js'
import {claimantNamed} from '../support/claim-nodes.js'
import {failureOf} from '../support/failure-of.js'
import {quickCluster, type QuickCluster} from '../support/quick-cluster.js'
import {QUICK_TERMS} from '../support/quick-claim-terms.js'
import {describeOnServers, type Flavour} from '../support/real-servers.js'
import {NODE, runCli, startCli, startProgram, type RunningCli} from '../support/run-cli.js'
import {differences, digest, fillKeys} from '../support/test-data.js'
import {until} from '../support/until.js'

const HOLDER = fileURLToPath(new URL('../support/claim-holder.js', import.meta.url))
/** In a slot in the middle of what the first of two primaries owns. */
const COUNTER = Array.from({length: 100_000}, (_, n) => `counter:${n}`).find(
  (key) => slotOf(Buffer.from(key)) === 4_096,
)!
const UNDER_WAY = /reshard is under way on this cluster since \d\d:\d\d:\d\d \(\d+ s\): \S+@\S+, operation [0-9a-f]{8}/

/** A cluster with keys, of which several operators, each on a machine of his own, know nothing but an address. */
class Ground {
  readonly cluster: QuickCluster
  readonly #keys: ReadonlyMap<string, string>
  readonly #state = mkdtempSync(path.join(os.tmpdir(), 'tscluster-claim-'))

  private constructor(cluster: QuickCluster, keys: ReadonlyMap<string, string>) {
    this.cluster = cluster
    this.#keys = keys
  }

  static async make(flavour: Flavour): Promise<Ground> {
    const cluster = await quickCluster(flavour, {primaries: 2, replicasEach: 1})
    await fillKeys(cluster.nodes, 1_500, {types: ['string'], expireEvery: 0})
    return new Ground(cluster, await digest(cluster.nodes))
  }

  /** From the first primary to the second. */
  reshard(flags: readonly string[] = [], env: Readonly<Record<string, string>> = {}): RunningCli {
    const {entry, ids} = this.cluster
    const words = ['--from', ids[0]!, '--to', ids[1]!, '--slots', '1000', '--no-atomic', '--yes']
    const XDG_STATE_HOME = mkdtempSync(path.join(this.#state, 'operator-'))
    return startCli(['reshard', entry, ...words, ...flags], {env: {XDG_STATE_HOME, ...env}})
  }

  /** One that takes half a minute, and that others can see. */
  async slowReshard(env: Readonly<Record<string, string>> = {}): Promise<RunningCli> {
    const reshard = this.reshard(['--rate', '3keys/s'], env)
    await until(async () => (await this.places()).length === 3, {what: 'the reshard to be seen on three nodes'})
    return reshard
  }

  /** The nodes that show an operation at work, by number. */
  async places(): Promise<number[]> {
    const {nodes} = this.cluster
    const lists = await Promise.all([...nodes].map((_, index) => nodes.command(index, 'CLIENT', 'LIST')))
    return lists.flatMap((list, index) => (/ name=tscluster\|1\|held\|/.test(String(list)) ? [index] : []))
  }

  async expectNothingLost(): Promise<void> {
    expect(differences(this.#keys, await digest(this.cluster.nodes))).to.deep.equal([])
  }

  leave(): void {
    rmSync(this.#state, {recursive: true})
  }
}

describeOnServers('two operations on one cluster', ['engine', 'redis-7.0'], (flavour) => {
  let ground: Ground

  before(async () => {
    ground = await Ground.make(flavour)
  })
  after(() => ground.leave())

  it('one goes on, the other is told who works there since when, whatever it is and however it was asked for', async () => {
    const reshard = await ground.slowReshard()
    const [plain, json, old, preview, look] = await Promise.all([
      runCli(['rebalance', ground.cluster.nodes.node(3).address, '--yes']),
      runCli(['set-timeout', ground.cluster.entry, '3000', '--yes', '--json']),
      runCli(['--cluster', 'fix', ground.cluster.nodes.node(1).address]),
      runCli(['fix', ground.cluster.entry, '--dry-run']),
      runCli(['call', ground.cluster.entry, 'ping']),
    ])
    expect(plain).to.include({code: 3, stdout: ''})
    expect(plain.stderr)
      .to.match(UNDER_WAY)
      .and.to.match(/take over with --force-unlock.*\[claimed\]$/m)
    expect(json.code).to.equal(3)
    const {error} = JSON.parse(json.stdout) as {error: Record<string, Record<string, string>>}
    expect(error).to.include({code: 'claimed'})
    expect(error['claim']).to.include({operation: 'reshard', host: os.hostname()})
    expect(Date.parse(error['claim']!['since']!)).to.be.closeTo(Date.now(), 30_000)
    expect(old.code).to.equal(1)
    expect(old.stdout)
      .to.match(UNDER_WAY)
      .and.to.match(/^\[ERR\].*--cluster-force-unlock/m)
    expect([preview.code, look.code]).to.deep.equal([0, 0])
    reshard.process.kill('SIGKILL')
    await reshard.done
    await until(async () => (await ground.places()).length === 0, {what: 'the claim to go with its process'})
    const fixed = await runCli(['fix', ground.cluster.entry, '--yes'])
    expect(fixed.code, fixed.stderr).to.equal(0)
    expect(fixed.stderr).not.to.contain('taking over')
  })

  it('that begin at the same moment: exactly one goes on', async () => {
    const runs = [ground.reshard(['--rate', '200keys/s']), ground.reshard(['--rate', '200keys/s'])]
    const results = await Promise.all(runs.map(({done}) => done))
    expect(results.map(({code}) => code).sort()).to.deep.equal([0, 3])
    expect(results.find(({code}) => code === 3)?.stderr).to.match(UNDER_WAY)
    expect(await ground.places()).to.deep.equal([])
    await ground.expectNothingLost()
  })

  describe('of which one sleeps', () => {
    let pool: NodePool

    before(async () => {
      pool = await openPool({tls: false, insecure: false})
    })
    after(() => pool.close())

    it('the other takes over when the claim has expired; who wakes sends nothing more and says who took over', async () => {
      const {host, port} = ground.cluster.primaries[0]!
      const sleeper = startProgram(NODE, [HOLDER, host, String(port), COUNTER])
      await sleeper.said(/holding/)
      const bert = {...claimantNamed('bert', systemClock), wallMs: Date.now, terms: QUICK_TERMS}
      const where = {entries: [ground.cluster.primaries[1]!.address], newcomers: [], nodes: []}
      expect((await failureOf(takeClaim(pool, where, bert))).code).to.equal('claimed')
      sleeper.process.kill('SIGSTOP')
      const claim = await until(() => takeClaim(pool, where, bert), {what: 'the claim of the sleeper to expire'})
      expect(bert.told[0]).to.match(/^taking over from reshard \(sleeper@bastion, operation ffffffff\)/)
      const node = await pool.connect(address(host, port))
      const before = await node.call(['GET', COUNTER])
      sleeper.process.kill('SIGCONT')
      const {stdout} = await sleeper.done
      expect(stdout).to.match(/because reshard took this cluster over at .*: bert@bastion, operation bert0000/)
      expect(await node.call(['GET', COUNTER])).to.equal(before)
      await claim.release()
      expect(await ground.places()).to.deep.equal([])
    })
  })
})

describeOnServers('an operation that claims a cluster', ['redis-7.0'], (flavour) => {
  let ground: Ground

  before(async () => {
    ground = await Ground.make(flavour)
  })
  after(() => ground.leave())

  it('goes on when a node that shows its claim is restarted, and is shown there again', async () => {
    const env = {XDG_STATE_HOME: mkdtempSync(path.join(os.tmpdir(), 'tscluster-claim-'))}
    const reshard = await ground.slowReshard(env)
    const replica = (await ground.places()).find((index) => index >= ground.cluster.primaries.length)!
    await ground.cluster.nodes.kill(replica)
    expect(await ground.cluster.nodes.restart(replica)).to.have.property('port')
    await until(async () => (await ground.places()).includes(replica), {what: 'the claim to be shown there again'})
    await runCli(['pace', ground.cluster.entry, '--no-limit'], {env})
    const {code, stderr} = await reshard.done
    rmSync(env.XDG_STATE_HOME, {recursive: true})
    expect(code, stderr).to.equal(0)
    await ground.expectNothingLost()
  })

  it('stops at once when another takes over by force, says who, and loses nothing', async () => {
    const reshard = await ground.slowReshard()
    const [fixed, stopped] = await Promise.all([
      runCli(['fix', ground.cluster.entry, '--yes', '--force-unlock']),
      reshard.done,
    ])
    expect(fixed.code, fixed.stderr).to.equal(0)
    expect(fixed.stderr)
      .to.match(/^taking over from reshard \(.*$/m)
      .and.to.match(/^waiting \d s: after that/m)
    expect(stopped.code, stopped.stderr).to.equal(5)
    expect(stopped.stderr).to.match(
      /^error fix took this cluster over at .*: .*\(nothing more was sent .*\[claim-lost\]$/m,
    )
    await ground.expectNothingLost()
  })

  it('works for a user who may not look at clients, and says that it could not look', async () => {
    for (const index of [...ground.cluster.nodes].keys()) {
      const rights = ['~*', '&*', '+@all', '-client|list', '-client|setname', '-client|kill']
      await ground.cluster.nodes.command(index, 'ACL', 'SETUSER', 'carl', 'on', '>secret', ...rights)
    }
    const {code, stderr} = await ground.reshard(['--user', 'carl'], {REDISCLI_AUTH: 'secret'}).done
    expect(code, stderr).to.equal(0)
    expect(stderr.match(/^warning .*NOPERM.*could not be seen$/gm)).to.have.lengthOf(1)
    await ground.expectNothingLost()
  })
})
