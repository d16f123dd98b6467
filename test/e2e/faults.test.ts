/**
 * Faults in the middle of a reshard, on real servers. However it ends, it ends soon, names the node and what to do, and exits
 * with "half done"; and when the fault is over, `fix` and the same command finish the work, with every key as it was.
 */
import {expect} from 'chai'
import {slotOf} from '../../src/model/slot.js'
import {failOver} from '../support/fail-over.js'
import {quickCluster, untilClusterAgrees, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers} from '../support/real-servers.js'
import {command, RespConnection} from '../support/resp.js'
import {runCli, startCli, type CliResult} from '../support/run-cli.js'
import {differences, digest, fillKeys} from '../support/test-data.js'

const KEYS = 3000
/** Moved one by one they take so long that a busy machine, too, gets its word in before the end. */
const KEYS_IN_SLOT = 2000
const PATIENCE_MS = 30_000

/** From the first primary to the second; keys one by one, so that the work takes a while. */
function reshard({primaries}: QuickCluster, slots: string, ...more: readonly string[]): string[] {
  const [source, target] = primaries.map(({address}) => address)
  const limits = ['--pipeline', '1', '--migrate-timeout', '500', '--reply-timeout', '2s']
  return ['reshard', source!, '--from', source!, '--to', target!, '--slots', slots, ...limits, ...more, '--yes']
}

const FIRST_SLOT = /"slot-moved"/
/** While MIGRATE is at work on a slot with many keys. */
const FIRST_KEY = /"keys-moved"/

/** Holds the program at a certain point, lets the fault happen, and lets the program go on. */
async function interruptedBy(
  args: readonly string[],
  point: RegExp,
  fault: () => Promise<unknown>,
): Promise<CliResult> {
  const run = startCli([...args, '--json-stream'], {timeoutMs: PATIENCE_MS})
  await run.signalAfter(point, 'SIGSTOP')
  await fault()
  run.process.kill('SIGCONT')
  return run.done
}

/** How it ended, and the line that says why. */
function expectError({code, signal, stderr}: CliResult, expected: {code: number; says: RegExp}): void {
  const lines = stderr.split('\n').filter((line) => !line.startsWith('{'))
  const said = lines.join('\n')
  expect({code, signal}, said).to.deep.equal({code: expected.code, signal: null})
  expect(
    lines.find((line) => line.startsWith('error ')),
    said,
  ).to.match(expected.says)
  expect(said).to.match(/^failed reshard: .* to go on: tscluster resume [0-9a-f]{8}$/m)
  expect(said).not.to.match(/^\s+at /m)
}

/** Many keys in the first slot from each of `firsts` on that has a short tag. */
async function fillSlots({nodes}: QuickCluster, firsts: readonly number[]): Promise<number[]> {
  const tags = new Map(Array.from({length: 20_000}, (_, tag) => [slotOf(Buffer.from(String(tag))), tag]))
  const chosen = firsts.map((first) => [...tags.keys()].filter((slot) => slot >= first).sort((a, b) => a - b)[0]!)
  for (const slot of chosen) {
    await fillKeys(nodes, KEYS_IN_SLOT, {prefix: `{${tags.get(slot)}}:`, types: ['string'], expireEvery: 0})
  }
  return chosen
}

async function expectDone(args: readonly string[]): Promise<void> {
  const {code, stdout, stderr} = await runCli(args, {timeoutMs: PATIENCE_MS})
  expect(code, `${args.join(' ')}\n${stdout}${stderr}`).to.equal(0)
}

describeOnServers('a reshard that is hit by a fault', ['engine', 'redis-7.0'], (flavour) => {
  let cluster: QuickCluster
  let all: ReadonlyMap<string, string>
  /** Slots with many keys: the next test's is the first. */
  let full: number[]

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 3, config: {appendonly: 'yes', appendfsync: 'no'}})
    await fillKeys(cluster.nodes, KEYS)
    full = await fillSlots(cluster, [0, 600, 1000, 1500, 2000])
    all = await digest(cluster.nodes)
  })

  /** What an operator does when the fault is over. */
  async function expectFinishedBy(args: readonly string[]): Promise<void> {
    await expectDone(['fix', cluster.entry, '--yes'])
    await expectDone(args)
    await expectDone(['check', cluster.entry])
    expect(differences(all, await digest(cluster.nodes))).to.deep.equal([])
  }

  it('ends when the target is killed, and is finished when it is back', async () => {
    const [, target] = cluster.primaries
    const args = reshard(cluster, `${full.shift()}-499`)
    const result = await interruptedBy(args, FIRST_KEY, () => cluster.nodes.kill(1))
    expectError(result, {code: 5, says: new RegExp(`${target!.address}.*tscluster fix`)})
    await cluster.nodes.restart(1)
    await untilClusterAgrees(cluster.nodes).catch(() => undefined)
    await expectFinishedBy(args)
  })

  it('ends when the source is killed, and is finished when it is back', async () => {
    full.shift()
    const args = reshard(cluster, '500-999')
    const result = await interruptedBy(args, FIRST_SLOT, () => cluster.nodes.kill(0))
    expectError(result, {
      code: 5,
      says: new RegExp(`^error ${cluster.entry} (connection refused|closed the connection)`),
    })
    await cluster.nodes.restart(0)
    await expectFinishedBy(args)
  })

  it('ends when the target hangs, and is finished when it is awake again', async () => {
    const [, target] = cluster.primaries
    const args = reshard(cluster, `${full.shift()}-1499`)
    const result = await interruptedBy(args, FIRST_KEY, () => Promise.resolve(cluster.nodes.pause(1)))
    cluster.nodes.resume(1)
    expectError(result, {code: 5, says: new RegExp(`${target!.address}.*tscluster fix`)})
    await expectFinishedBy(args)
  })

  // The engine knows no user but the default one, who may do everything.
  if (flavour !== 'engine') {
    it('stops at a user who loses the right to move keys, and goes on when the user has it again', async () => {
      const [source] = cluster.primaries
      for (const node of cluster.primaries) {
        await command(node, 'ACL', 'SETUSER', 'mover', 'on', '>secret', '~*', '+@all')
      }
      const args = [
        ...reshard(cluster, `${full.shift()}-1999`),
        '--user',
        'mover',
        '--pass',
        'secret',
        '--no-auth-warning',
      ]
      const result = await interruptedBy(args, FIRST_KEY, () => command(source!, 'ACL', 'SETUSER', 'mover', '-migrate'))
      expectError(result, {
        code: 5,
        says: new RegExp(`^error ${cluster.entry} MIGRATE refused: NOPERM.*log in as a user.*tscluster fix`),
      })
      await command(source!, 'ACL', 'SETUSER', 'mover', '+migrate')
      await expectFinishedBy(args)
    })
  }

  it('stops at a target without memory, and goes on when it has some', async () => {
    const [, target] = cluster.primaries
    const args = reshard(cluster, `${full.shift()}-2499`)
    const result = await interruptedBy(args, FIRST_KEY, () => command(target!, 'CONFIG', 'SET', 'maxmemory', 1))
    expectError(result, {code: 5, says: new RegExp(`${target!.address}: .*OOM.*raise its maxmemory.*tscluster fix`)})
    await command(target!, 'CONFIG', 'SET', 'maxmemory', 0)
    await expectFinishedBy(args)
  })

  it('takes a copy that the target has already for what it is, if it is the same', async () => {
    const key = await leaveCopy(cluster, 2500, 2549)
    const args = reshard(cluster, '2500-2549')
    await expectDone(args)
    expect(differences(all, await digest(cluster.nodes)), key).to.deep.equal([])
  })

  it('stops at a key that the target has with another value, and leaves the choice to the operator', async () => {
    const key = await leaveCopy(cluster, 2550, 2599, 'another value')
    const args = reshard(cluster, '2550-2599')
    const result = await runCli(args)
    const conflict = new RegExp(`^error ${cluster.entry} 1 key.*another value.*"${key}".*--replace.*tscluster fix`)
    expectError(result, {code: 5, says: conflict})
    const again = await runCli(['fix', cluster.entry, '--yes'])
    expect(again.stderr).to.contain(`"${key}"`)
    expect(again.code).not.to.equal(0)
    await expectDone(['fix', cluster.entry, '--replace', '--yes'])
    await expectFinishedBy(args)
  })

  /** What a half-finished MIGRATE leaves behind: a key of the source that is on the target as well. */
  async function leaveCopy(
    {primaries, ids}: QuickCluster,
    first: number,
    last: number,
    value?: string,
  ): Promise<string> {
    const [source, target] = await Promise.all(primaries.slice(0, 2).map((node) => RespConnection.open(node)))
    for (let slot = first; slot <= last; slot++) {
      const [key] = (await source!.call('CLUSTER', 'GETKEYSINSLOT', slot, 1)) as string[]
      if (key === undefined || (await source!.call('TYPE', key)) !== 'string') continue
      const payload = value ?? String(await source!.call('GET', key))
      await target!.pipeline([
        ['CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids[0]!],
        ['ASKING'],
        ['SET', key, payload],
        ['CLUSTER', 'SETSLOT', slot, 'STABLE'],
      ])
      source!.close()
      target!.close()
      return key
    }
    throw new Error(`no string in slots ${first} to ${last}`)
  }
})

describeOnServers('a reshard during which a replica is promoted', ['engine', 'redis-7.0', 'valkey-9.1'], (flavour) => {
  let cluster: QuickCluster

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 3, replicasEach: 1})
    await fillKeys(cluster.nodes, KEYS)
    await fillSlots(cluster, [1000])
  })

  it('says that the source is no primary any more, and after a fix it is finished from the new primary', async () => {
    const all = await digest(cluster.nodes)
    const [source, target] = cluster.primaries
    const [replica] = cluster.replicas
    const from = ['--from', source!.address, '--to', target!.address, '--slots', '0-1999']
    const reshard = ['reshard', target!.address, ...from, '--pipeline', '1', '--yes']
    const result = await interruptedBy(reshard, FIRST_SLOT, async () => {
      // A node that imports a slot hears nothing of its other owners: that all agree again is for fix to do.
      const isPromoted = async (): Promise<boolean> => String(await command(replica!, 'ROLE')).startsWith('master')
      await failOver(replica!, isPromoted, 'the replica to be primary')
    })
    expectError(result, {
      code: 5,
      says: new RegExp(`^error (${source!.address}|${target!.address}) .*(master|primary).*tscluster fix`),
    })
    await expectDone(['fix', target!.address, '--yes'])
    await expectDone(['resume', target!.address, '--yes'])
    await expectDone(['check', target!.address])
    expect(differences(all, await digest(cluster.nodes))).to.deep.equal([])
  })
})
