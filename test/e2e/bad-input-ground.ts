/** The ground on which wrong invocations are tried: one healthy cluster, what stands around it, and its exact state. */
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {startBadServer, type Misbehaviour} from '../support/bad-servers.js'
import {startBlackHole} from '../support/black-hole.js'
import type {Flavour} from '../support/installed-servers.js'
import {quickCluster, untilClusterAgrees, type QuickCluster} from '../support/quick-cluster.js'
import {command, RespConnection} from '../support/resp.js'
import {runCli} from '../support/run-cli.js'
import {startNodes, type ServerNode} from '../support/server-nodes.js'
import {TLS_FILES} from '../support/tls-files.js'
import {until} from '../support/until.js'

const BAD_PEERS = [
  'closed',
  'silent',
  'hangs-up',
  'half-reply',
  'cut-reply',
  'http',
  'garbage',
  'slow',
  'endless',
] as const satisfies readonly Misbehaviour[]

export interface Ground {
  /**
   * The words of a case with every `{name}` filled in: `entry`, `primary1` and `primary2` are the cluster's primaries, `replica`
   * is one of its replicas, `shared` what the ids of two nodes begin with; `spare`, `spare2` and `full` are nodes that nobody
   * knows, the last with a key; `stranger` belongs to another cluster; `locked` wants the password "secret"; `closed`,
   * `silent` and so on are peers that misbehave.
   */
  fill(text: string): string
  /** What every node says of its cluster, its configuration and its keys, without what moves by itself. */
  state(): Promise<readonly string[]>
  /** Of the first primary: half-way to the second. */
  openSlot(slot: number): Promise<void>
  /** Closes the slot again, and takes it from its owner: nobody serves it. */
  uncoverSlot(slot: number): Promise<void>
  close(): Promise<void>
}

/** Nobody may look dead only because this machine is busy. */
const NODE_TIMEOUT_MS = 30_000

export async function prepareGround(flavour: Flavour): Promise<Ground> {
  const [cluster, others, standalone, locked, tls, frozen] = await Promise.all([
    quickCluster(flavour, {primaries: 3, replicasEach: 1, spares: 4, nodeTimeoutMs: NODE_TIMEOUT_MS}),
    quickCluster(flavour, {primaries: 2, nodeTimeoutMs: NODE_TIMEOUT_MS}),
    startNodes(flavour, 1, {cluster: false}),
    startNodes(flavour, 1, {password: 'secret'}),
    startNodes(flavour, 1, {tls: true}),
    startNodes(flavour, 1),
  ])
  frozen.pause(0)
  const [extra, spare, spare2, full] = cluster.spares as [ServerNode, ServerNode, ServerNode, ServerNode]
  const shared = await joinWithSimilarId(extra, cluster)
  await Promise.all([
    command(full, 'DEBUG', 'POPULATE', 1),
    command(standalone.node(0), 'SET', 'a', '1'),
    ...cluster.primaries.map((node, index) => command(node, 'SET', ['b', 'c', 'a'][index]!, '1')),
    ...[...cluster.nodes].map(admitUsers),
  ])
  const folder = mkdtempSync(path.join(os.tmpdir(), 'tscluster-plans-'))
  const plans = await savePlans(folder, cluster)
  const watched = await Promise.all(
    [...cluster.nodes, ...others.nodes].map(async (node) => ({node, connection: await RespConnection.open(node)})),
  )
  // Last: what comes before can fail, and nobody would stop these then.
  const peers = await Promise.all(BAD_PEERS.map(async (kind) => [kind, await startBadServer(kind)] as const))
  const hole = await startBlackHole()
  const bad = Object.fromEntries(peers.map(([kind, {address}]) => [kind, address]))
  const names: Record<string, string> = {
    entry: cluster.entry,
    primary1: cluster.primaries[1]!.address,
    primary2: cluster.primaries[2]!.address,
    replica: cluster.replicas[0]!.address,
    shared,
    spare: spare.address,
    spare2: spare2.address,
    full: full.address,
    stranger: others.entry,
    standalone: standalone.node(0).address,
    locked: locked.node(0).address,
    tls: tls.node(0).address,
    frozen: frozen.node(0).address,
    blackHole: hole.address,
    soon: '--reply-timeout 500ms --connect-timeout 1s',
    ...bad,
    ...TLS_FILES,
    ...plans,
  }
  return {
    fill: (text) => text.replaceAll(/\{([\w-]+)\}/g, (_, name: string) => names[name] ?? unknownName(name)),
    state: () => Promise.all(watched.map(({node, connection}) => describeNode(node, connection))),
    openSlot: async (slot) => {
      const [source, target] = cluster.primaries
      await command(target!, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', cluster.ids[0]!)
      await command(source!, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', cluster.ids[1]!)
    },
    uncoverSlot: async (slot) => {
      for (const node of cluster.primaries) await command(node, 'CLUSTER', 'SETSLOT', slot, 'STABLE')
      for (const node of [...cluster.primaries, ...cluster.replicas, extra]) {
        await command(node, 'CLUSTER', 'DELSLOTS', slot)
      }
      await until(async () => (await runCli(['check', cluster.entry])).stdout.includes('[slots-uncovered]'), {
        what: `slot ${slot} to be missed by all`,
      })
    },
    close: async () => {
      for (const {connection} of watched) connection.close()
      hole.close()
      rmSync(folder, {recursive: true})
      await Promise.all(peers.map(([, server]) => server.close()))
    },
  }
}

function unknownName(name: string): never {
  throw new Error(`there is no {${name}} on this ground`)
}

/** A node's state, line by line, without the times of its last pings. */
export async function describeNode(node: ServerNode, connection: RespConnection): Promise<string> {
  const [nodes, config, keys] = await connection.pipeline([['CLUSTER', 'NODES'], ['CONFIG', 'GET', '*'], ['DBSIZE']])
  const lines = String(nodes).trim().split('\n').map(withoutPings).sort()
  return [node.address, ...lines, ...pairs(config as readonly string[]), `${String(keys)} keys`].join('\n')
}

function withoutPings(line: string): string {
  const words = line.split(' ')
  return [...words.slice(0, 4), ...words.slice(6)].join(' ')
}

function pairs(list: readonly string[]): string[] {
  return list.flatMap((name, index) => (index % 2 === 0 ? [`${name} ${list[index + 1]}`] : [])).sort()
}

/** A hard reset gives a node a new id: again, until its id begins like that of the first primary. Then it joins. */
async function joinWithSimilarId(node: ServerNode, cluster: QuickCluster): Promise<string> {
  const digit = cluster.ids[0]![0]!
  await until(
    async () => {
      await command(node, 'CLUSTER', 'RESET', 'HARD')
      return String(await command(node, 'CLUSTER', 'MYID')).startsWith(digit)
    },
    {what: `an id that begins with ${digit}`},
  )
  for (const {host, port} of [...cluster.primaries, ...cluster.replicas]) {
    await command(node, 'CLUSTER', 'MEET', host, port)
  }
  await untilClusterAgrees([...cluster.primaries, ...cluster.replicas, node])
  return digit
}

async function admitUsers(node: ServerNode): Promise<void> {
  const looking = ['+info', '+cluster|nodes', '+cluster|info', '+cluster|countkeysinslot', '+config|get']
  await command(node, 'ACL', 'SETUSER', 'nobody', 'on', '>secret', '-@all')
  await command(node, 'ACL', 'SETUSER', 'onlooker', 'on', '>secret', '-@all', ...looking)
}

interface PlanText {
  version: number
  basedOn: string
  entries: string[]
  phases: {steps: {kind: string}[]}[]
}

/** A good plan, and what can be wrong with one: no plan at all, one of the future, one for a cluster that has changed or is gone. */
async function savePlans(folder: string, {entry, primaries}: QuickCluster): Promise<Record<string, string>> {
  const good = path.join(folder, 'good.json')
  const asked = ['reshard', entry, '--to', primaries[1]!.address, '--slots', '0-4', '--out', good]
  const {code, stderr} = await runCli(asked)
  if (code !== 0) throw new Error(`no plan could be saved: ${stderr}`)
  const save = (name: string, change: (plan: PlanText) => void): string => {
    const plan = JSON.parse(readFileSync(good, 'utf8')) as PlanText
    change(plan)
    const file = path.join(folder, name)
    writeFileSync(file, JSON.stringify(plan))
    return file
  }
  const text = path.join(folder, 'text.json')
  writeFileSync(text, 'dear diary')
  return {
    text,
    future: save('future.json', (plan) => (plan.version = 2)),
    strangeStep: save('strange-step.json', (plan) => (plan.phases[0]!.steps[0]!.kind = 'explode')),
    stale: save('stale.json', (plan) => (plan.basedOn = [...plan.basedOn].reverse().join(''))),
    elsewhere: save('elsewhere.json', (plan) => (plan.entries = ['127.0.0.1:1'])),
  }
}
