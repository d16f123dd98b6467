/** However an operation is stopped, one line says how far it is and which command continues it. */
import {spawnSync} from 'node:child_process'
import {readFileSync, statSync} from 'node:fs'
import path from 'node:path'
import {expect} from 'chai'
import {slotCounts} from '../../support/cluster-facts.js'
import {quickCluster, type QuickCluster} from '../../support/quick-cluster.js'
import {describeOnServers} from '../../support/real-servers.js'
import {BIN, NODE, startProgram} from '../../support/run-cli.js'
import {fillKeys} from '../../support/test-data.js'
import {expectClean, Ground} from './ground.js'

describeOnServers('an operation that is stopped', ['redis-7.0'], (flavour) => {
  let cluster: QuickCluster
  let ground: Ground

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 3})
    await fillKeys(cluster.nodes, 3_000, {types: ['string'], expireEvery: 0})
  })
  beforeEach(() => {
    ground = new Ground()
  })
  afterEach(() => ground.remove())

  function reshard(to: number, slots: number): string[] {
    return ['reshard', cluster.entry, '--from', 'all', '--to', cluster.ids[to]!, '--slots', String(slots), '--no-atomic']
  }

  for (const [index, signal] of (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).entries()) {
    it(`by ${signal} closes its slots, exits with 5 and names the command that continues`, async () => {
      const [before] = await slotCounts([cluster.nodes.node(index)])
      const stopped = await ground.hit([...reshard(index, 300), '--rate', '200keys/s'], 'slot-moved', {times: 10, signal})
      const {id, state, next} = await ground.lastOperation()
      expect(stopped.code).to.equal(5)
      expect(stopped.stderr).to.match(
        new RegExp(`^stopped reshard: .* 2 steps left; to go on: tscluster resume ${id.slice(0, 8)}$|^stopped reshard.*resume ${id.slice(0, 8)}$`, 'm'),
      )
      expect({state, next}).to.deep.equal({state: 'interrupted', next: `tscluster resume ${id.slice(0, 8)}`})
      await expectClean(cluster.nodes)
      await ground.done('resume', cluster.entry, '--yes')
      expect(await slotCounts([cluster.nodes.node(index)])).to.deep.equal([before! + 300])
    })
  }

  it('before it begins, by a disk that is full, changes nothing', async () => {
    const before = await slotCounts(cluster.nodes)
    const {code, stderr} = await ground.run(...reshard(0, 10), '--yes', '--journal', '/dev/full')
    expect(code).to.equal(1)
    expect(stderr).to.match(
      /^error cannot write the journal \/dev\/full: no space left on device; nothing was changed \(make room for it or name another place: --journal FILE\) \[io\]$/m,
    )
    expect(await slotCounts(cluster.nodes)).to.deep.equal(before)
    expect(await ground.operations()).to.deep.equal([])
  })

  it('in the middle, by a disk that fills up, finishes what is in hand and can be continued', async () => {
    const words = [...reshard(1, 2_000), '--pipeline', '1', '--yes', '--rate', '400keys/s']
    const limited = `ulimit -f 8; exec "${NODE}" "${BIN}" ${words.join(' ')}`
    const file = path.join(ground.folder, 'nightly.jsonl')
    // All but a few lines of the room is taken: the plan fits, its progress does not.
    const run = startProgram('bash', ['-c', `${limited} --journal ${file}`], {env: {...ground.env, TSCLUSTER_NO_COMPILE_CACHE: '1'}})
    const {code, stderr} = await run.done
    expect(code, stderr).to.equal(5)
    expect(statSync(file).size).to.equal(8 * 1024)
    expect(stderr).to.match(/^warning stopping: the journal cannot be written \(file too large\)/m)
    expect(stderr).to.match(/^stopped reshard: .*; to go on: make room for the journal, then tscluster resume --journal \S+$/m)
    await expectClean(cluster.nodes)
    await ground.done('resume', '--journal', file, '--yes')
    expect(readFileSync(file, 'utf8').trimEnd().split('\n').at(-1)).to.include('"state":"applied"')
  })

  it('keeps no password in its journal', async () => {
    await ground.run(...reshard(0, 1), '--yes', '--pass', 'hemlock', '--user', 'default')
    await ground.done(...reshard(0, 1), '--yes')
    const found = spawnSync('grep', ['-r', 'hemlock', ground.folder], {encoding: 'utf8'})
    expect(found.stdout).to.equal('')
  })
})
