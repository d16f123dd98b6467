/** `import {startCluster} from 'tscluster/engine'`: the package's own name, as a test of somebody's application has it. */
import {mkdtempSync, readdirSync, rmdirSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {Cluster} from 'ioredis'
import type * as Engine from '../../../src/engine/index.js'
import {NODE, startProgram} from '../../support/run-cli.js'
import {slotOf} from '../../../src/model/slot.js'

/** In a variable: the compiler would look for the build. */
const PACKAGE: string = 'tscluster/engine'
const {startCluster, startNode} = (await import(PACKAGE)) as typeof Engine

describe('a cluster in the caller’s own process', function () {
  this.timeout(60_000)
  let cluster: Engine.EngineCluster

  beforeEach(async () => {
    cluster = await startCluster({primaries: 3, replicasEach: 1, nodeTimeoutMs: 1000})
  })
  afterEach(() => cluster.stop())

  it('takes writes and has replicas in sync as soon as it is there', async () => {
    const owner = cluster.primaries.at(Math.floor(slotOf(Buffer.from('key')) / 5462))!
    expect(await owner.call('SET', 'key', 'grüße')).to.equal('OK')
    expect(await owner.call('WAIT', 1, 5000)).to.equal(1)
    expect(await owner.call('GET', 'key')).to.equal('grüße')
    const roles = await Promise.all(cluster.nodes.map((node) => node.describe()))
    expect(roles.map(({role, state}) => `${role} ${state}`)).to.deep.equal([
      ...Array<string>(3).fill('primary ok'),
      ...Array<string>(3).fill('replica ok'),
    ])
  })

  it('is a cluster for an ordinary client, which survives the loss of a primary', async () => {
    const client = new Cluster([...cluster.urls])
    await Promise.all(Array.from({length: 100}, (_, index) => client.set(`key:${index}`, index)))
    // What is acknowledged and not yet replicated may be lost; this is.
    for (const primary of cluster.primaries) await primary.call('WAIT', 1, 5000)
    await cluster.kill(0)
    await cluster.waitFor('ok', {timeoutMs: 30_000})
    const values = await Promise.all(Array.from({length: 100}, (_, index) => client.get(`key:${index}`)))
    expect(values).to.deep.equal(Array.from({length: 100}, (_, index) => String(index)))
    client.disconnect()
    expect((await cluster.nodes[3]!.describe()).role).to.equal('primary')
    await cluster.restart(0)
    await cluster.waitFor(async () => (await cluster.nodes[0]!.describe()).role === 'replica', {
      what: 'the old primary to follow',
    })
  })

  it('takes a node that is paused for dead, and back when it goes on', async () => {
    const [first, second] = cluster.primaries as [Engine.EngineNode, Engine.EngineNode]
    cluster.pause(0)
    const failed = async (): Promise<boolean> =>
      String(await second.call('CLUSTER', 'NODES')).includes(`${first.address}@${first.port + 10_000} master,fail`)
    await cluster.waitFor(failed, {timeoutMs: 20_000, what: 'the paused node to be taken for dead'})
    cluster.resume(0)
    await cluster.waitFor('ok', {timeoutMs: 30_000})
  })

  it('says what a condition was when it waited in vain', async () => {
    const waiting = cluster.waitFor(() => false, {timeoutMs: 50, what: 'pigs to fly'})
    expect(await waiting.catch((error: Error) => error.message)).to.contain('pigs to fly')
  })

  it('throws a node’s error as an error', async () => {
    const error = await cluster.nodes[0]!.call('GET').catch((thrown: Error) => thrown.message)
    expect(error).to.equal("ERR wrong number of arguments for 'get' command")
  })
})

describe('after a cluster has stopped', function () {
  this.timeout(60_000)

  it('nothing is left: no port, no folder, nothing that keeps the process alive', async () => {
    const script = [
      "import {startCluster} from 'tscluster/engine'",
      'const cluster = await startCluster({replicasEach: 1})',
      'await cluster.stop()',
      'await cluster.stop()',
      // What is closed takes a turn of the loop to go.
      'await new Promise((resolve) => setTimeout(resolve, 50))',
      'console.log(process.getActiveResourcesInfo().filter((each) => /TCP|Timeout/.test(each)).join(), "done")',
    ].join('\n')
    // Of its own: other tests make folders beside it.
    const folder = mkdtempSync(path.join(os.tmpdir(), 'tscluster-test-'))
    const result = await startProgram(NODE, ['--input-type=module', '--eval', script], {env: {TMPDIR: folder}}).done
    expect(result).to.deep.include({stdout: ' done\n', stderr: '', code: 0})
    expect(readdirSync(folder)).to.deep.equal([])
    rmdirSync(folder)
  })

  it('its ports can be had again', async () => {
    const cluster = await startCluster({primaries: 1})
    const [node] = cluster.nodes
    await cluster.stop()
    const again = await startNode({port: node!.port})
    expect(await again.call('PING')).to.equal('PONG')
    await again.stop()
  })
})

describe('one node in the caller’s own process', function () {
  this.timeout(60_000)

  it('has the settings and the password that it was given', async () => {
    const node = await startNode({password: 's e&cret', config: {maxclients: 55, appendonly: false}})
    expect(await node.call('CONFIG', 'GET', 'maxclients')).to.deep.equal(['maxclients', '55'])
    expect(node.url).to.equal(`redis://:s%20e%26cret@${node.address}`)
    await node.stop()
  })

  it('comes back after a kill', async () => {
    const node = await startNode()
    await node.kill()
    expect(node.isRunning).to.equal(false)
    await node.restart()
    expect(await node.call('PING')).to.equal('PONG')
    await node.stop()
  })

  it('says which port it cannot have, and which directive is wrong', async () => {
    const node = await startNode()
    const taken = await startNode({port: node.port}).catch((error: Error) => error.message)
    expect(taken).to.contain(String(node.port)).and.contain('address already in use')
    await node.stop()
    const wrong = await startNode({config: {bogus: 1}}).catch((error: Error) => error.message)
    expect(wrong).to.contain('bogus')
  })
})
