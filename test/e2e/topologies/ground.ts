/** A cluster of engine nodes with keys in it, and the words in which a catalogue tells what happened to it. */
import {readFileSync, rmSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {
  startCluster,
  startNode,
  type EngineCluster,
  type EngineNode,
  type StartClusterOptions,
} from '../../../src/engine/index.js'
import {parseClusterNodes, type NodeLine} from '../../../src/model/cluster-nodes.js'
import {slotOf} from '../../../src/model/slot.js'
import {command} from '../../support/resp.js'
import {digest, fillKeys} from '../../support/test-data.js'
import {until} from '../../support/until.js'

/** Of a cluster that is to be broken, or that is healthy. */
export interface Shape extends StartClusterOptions {
  /** Keys all over the slots, besides those of `keysOf`. Default 30. */
  readonly keys?: number
  /** Keys live for an hour: every so many of them. Default: every tenth. */
  readonly expireEvery?: number
}

const KEYS = 30

/** Long: a busy machine is no dead node. */
const NODE_TIMEOUT_MS = 10_000
/** While somebody is dead or cut off, until the others have noticed. */
const IMPATIENT_MS = 1_500
/** While news are waited for: a node tells them to each of the others within half of it. */
const TALKATIVE_MS = 3_000
/** Of the one slot of each primary that a test may play with. */
const KEYS_IN_SLOT = 6

/** One slot of a primary, and its keys. */
export interface Plot {
  readonly slot: number
  readonly keys: readonly string[]
}

export class Ground {
  readonly cluster: EngineCluster
  /** As they were born, primaries first; then those that were added. */
  readonly nodes: EngineNode[]
  /** Numbered like `nodes`. */
  readonly ids: string[]
  /** By primary. */
  readonly #plots: readonly Plot[]
  readonly #added: EngineNode[] = []
  readonly #endings: (() => Promise<unknown>)[] = []
  /** What every key held before anything happened. */
  before: ReadonlyMap<string, string> = new Map()

  private constructor(cluster: EngineCluster, ids: string[], plots: readonly Plot[]) {
    this.cluster = cluster
    this.nodes = [...cluster.nodes]
    this.ids = ids
    this.#plots = plots
  }

  static async prepare({keys = KEYS, expireEvery = 10, ...options}: Shape = {}): Promise<Ground> {
    const cluster = await startCluster({nodeTimeoutMs: NODE_TIMEOUT_MS, ...options})
    const ids = await Promise.all(cluster.nodes.map((node) => node.call('CLUSTER', 'MYID').then(String)))
    const tags = tagsOf(options.primaries ?? 3)
    const ground = new Ground(
      cluster,
      ids,
      tags.map((tag) => ({
        slot: slotOf(Buffer.from(`{${tag}}`)),
        keys: Array.from({length: KEYS_IN_SLOT}, (_, index) => `{${tag}}:${index}`),
      })),
    )
    const targets = ground.targets()
    await fillKeys(targets, keys, {expireEvery})
    for (const tag of tags) await fillKeys(targets, KEYS_IN_SLOT, {prefix: `{${tag}}:`})
    await ground.untilCopied()
    await ground.remember()
    return ground
  }

  /** What the keys hold now is what they must hold in the end. */
  async remember(): Promise<void> {
    this.before = await digest(this.targets())
  }

  /** How commands are told of the cluster: by one node, with the password where there is one. */
  address(node = 0): string {
    const {url} = this.nodes[node]!
    return url.includes('@') ? url : this.nodes[node]!.address
  }

  /** Every node that runs, for whoever reads data from them. */
  targets(): {host: string; port: number; password?: string}[] {
    return this.nodes
      .filter((node) => node.isRunning && !node.isPaused)
      .map((node) => ({
        host: node.host,
        port: node.port,
        ...(node.setting('requirepass') !== '' && {password: node.setting('requirepass')}),
      }))
  }

  call(node: number, ...words: readonly (string | number)[]): Promise<unknown> {
    return this.nodes[node]!.call(...words)
  }

  /** The same to each of them, one after another; refusals are passed over. */
  async tell(nodes: readonly number[], ...words: readonly (string | number)[]): Promise<void> {
    for (const node of nodes) await this.call(node, ...words).catch(() => undefined)
  }

  get all(): number[] {
    return this.nodes.map((_, index) => index)
  }

  allBut(...nodes: readonly number[]): number[] {
    return this.all.filter((index) => !nodes.includes(index))
  }

  /** The slot of this primary that a test may play with. */
  plot(primary: number): Plot {
    return this.#plots[primary]!
  }

  // Slots

  migrating(slot: number, source: number, target: number): Promise<unknown> {
    return this.call(source, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', this.ids[target]!)
  }

  importing(slot: number, target: number, source: number): Promise<unknown> {
    return this.call(target, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', this.ids[source]!)
  }

  /** Both sides are told that the slot of the source is on its way. */
  async open(source: number, target: number, {slot} = this.plot(source)): Promise<void> {
    await this.importing(slot, target, source)
    await this.migrating(slot, source, target)
  }

  async stable(slot: number, ...nodes: readonly number[]): Promise<void> {
    for (const node of nodes) await this.call(node, 'CLUSTER', 'SETSLOT', slot, 'STABLE')
  }

  assign(slot: number, owner: number, toldTo: number): Promise<unknown> {
    return this.call(toldTo, 'CLUSTER', 'SETSLOT', slot, 'NODE', this.ids[owner]!)
  }

  migrate(source: number, target: number, keys: readonly string[]): Promise<unknown> {
    const {host, port} = this.nodes[target]!
    return this.call(source, 'MIGRATE', host, port, '', 0, 5000, 'KEYS', ...keys)
  }

  /** As MIGRATE whose end was never heard of: the keys are on both sides. */
  copy(source: number, target: number, keys: readonly string[]): Promise<unknown> {
    const {host, port} = this.nodes[target]!
    return this.call(source, 'MIGRATE', host, port, '', 0, 5000, 'COPY', 'KEYS', ...keys)
  }

  /** Keys of the source's slot end on a node that does not own it, and nothing tells of how they came there. */
  async strand(source: number, target: number, keys: readonly string[]): Promise<void> {
    const {slot} = this.plot(source)
    await this.open(source, target)
    await this.migrate(source, target, keys)
    await this.stable(slot, source, target)
  }

  /** Writes a key on a node that does not own its slot. */
  async plant(node: number, owner: number, ...words: readonly (string | number)[]): Promise<void> {
    const slot = slotOf(Buffer.from(String(words[1])))
    await this.importing(slot, node, owner)
    await Promise.all([this.call(node, 'ASKING'), this.call(node, ...words)])
    await this.stable(slot, node)
  }

  /** Nobody serves these slots any more: each node was told so. */
  async orphan(slots: readonly number[], nodes: readonly number[] = this.all): Promise<void> {
    await this.tell(nodes, 'CLUSTER', 'DELSLOTS', ...slots)
    await this.until(
      async () => {
        const accounts = await Promise.all(nodes.map((node) => this.account(node)))
        return accounts.flat().every((line) => !slots.some((slot) => line.slots.has(slot)))
      },
      `slots ${slots[0]}… without an owner`,
      () => this.tell(nodes, 'CLUSTER', 'DELSLOTS', ...slots),
    )
  }

  // Nodes

  /** Fresh nodes that belong to nobody; `options` as for the engine's startNode. */
  async addFresh(count = 1, config: Shape['config'] = {}): Promise<number[]> {
    const timeout = this.nodes[0]!.setting('cluster-node-timeout')
    const fresh = await Promise.all(
      Array.from({length: count}, () =>
        startNode({cluster: true, config: {'cluster-node-timeout': timeout, ...config}}),
      ),
    )
    const first = this.nodes.length
    this.#added.push(...fresh)
    this.nodes.push(...fresh)
    this.ids.push(...(await Promise.all(fresh.map((node) => node.call('CLUSTER', 'MYID').then(String)))))
    return fresh.map((_, index) => first + index)
  }

  /** A fresh node joins: all know it. */
  async addMember(config: Shape['config'] = {}): Promise<number> {
    const [node] = await this.addFresh(1, config)
    await this.meet(node!, 0)
    await this.#whileTalkative(async () => {
      await this.untilAllKnow(this.ids[node!]!)
      await this.untilOk([node!])
    })
    return node!
  }

  async addReplica(primary: number, config: Shape['config'] = {}): Promise<number> {
    const node = await this.addMember(config)
    await this.call(node, 'CLUSTER', 'REPLICATE', this.ids[primary]!)
    await this.untilCopied()
    await this.#whileTalkative(() => this.untilAgreed())
    return node
  }

  meet(node: number, other: number): Promise<unknown> {
    const {host, port} = this.nodes[other]!
    return this.call(node, 'CLUSTER', 'MEET', host, port)
  }

  async kill(...nodes: readonly number[]): Promise<void> {
    await this.#setTimeouts(IMPATIENT_MS)
    for (const node of nodes) await this.nodes[node]!.kill()
  }

  /** As SIGSTOP. */
  async hang(...nodes: readonly number[]): Promise<void> {
    await this.#setTimeouts(IMPATIENT_MS)
    for (const node of nodes) this.nodes[node]!.pause()
  }

  /** Nobody of the one group hears anybody of the other. */
  async divide(...groups: readonly (readonly number[])[]): Promise<void> {
    await this.#setTimeouts(IMPATIENT_MS)
    this.cluster.partition(groups)
  }

  async #setTimeouts(ms: number): Promise<void> {
    await this.tell(this.running, 'CONFIG', 'SET', 'cluster-node-timeout', ms)
  }

  async #whileTalkative(wait: () => Promise<unknown>): Promise<void> {
    await this.#setTimeouts(TALKATIVE_MS)
    await wait()
    await this.#setTimeouts(NODE_TIMEOUT_MS)
  }

  /** Killed, and all others agree that they are down. */
  async bury(...nodes: readonly number[]): Promise<void> {
    await this.kill(...nodes)
    await this.untilFlagged(nodes, 'fail')
  }

  /** A node is started again with a nodes.conf that somebody has edited. */
  async rewrite(node: number, edit: (text: string) => string): Promise<void> {
    const file = path.join(this.nodes[node]!.directory, 'nodes.conf')
    await this.nodes[node]!.shutDown()
    writeFileSync(file, edit(readFileSync(file, 'utf8')))
    await this.nodes[node]!.restart()
  }

  /** The replica changes places with its primary, and everybody knows. */
  async failover(replica: number, ...mode: readonly ('FORCE' | 'TAKEOVER')[]): Promise<void> {
    await this.call(replica, 'CLUSTER', 'FAILOVER', ...mode)
    await this.untilPrimary(replica)
    await this.#whileTalkative(() => this.untilSameRoles())
    await this.untilCopied()
  }

  /** A node that is down comes back without any of its files: as somebody else. */
  async forgetDisk(node: number): Promise<void> {
    for (const file of ['nodes.conf', 'dump.rdb', 'appendonlydir']) {
      rmSync(path.join(this.nodes[node]!.directory, file), {recursive: true, force: true})
    }
    await this.nodes[node]!.restart()
  }

  /** One command with a password that the others do not have. */
  callAs(node: number, password: string, ...words: readonly (string | number)[]): Promise<unknown> {
    const {host, port} = this.nodes[node]!
    return command({host, port, password}, ...words)
  }

  // What the nodes say

  async account(node: number): Promise<NodeLine[]> {
    return parseClusterNodes(String(await this.call(node, 'CLUSTER', 'NODES'))) ?? []
  }

  async lineOf(node: number, about: number): Promise<NodeLine | undefined> {
    return (await this.account(node)).find(({id}) => id === this.ids[about])
  }

  get running(): number[] {
    return this.all.filter((index) => this.nodes[index]!.isRunning && !this.nodes[index]!.isPaused)
  }

  /** Asks again until it is so. @param again done before each further question */
  until(
    met: () => Promise<boolean>,
    what: string,
    again: () => Promise<unknown> = async () => undefined,
  ): Promise<unknown> {
    const ask = async (): Promise<boolean> => {
      const answer = await met()
      if (!answer) await again()
      return answer
    }
    return until(ask, {what, timeoutMs: 20_000})
  }

  async untilFlagged(
    nodes: readonly number[],
    flag: 'fail' | 'pfail' | 'noaddr',
    by: readonly number[] = this.running.filter((each) => !nodes.includes(each)),
  ): Promise<void> {
    await this.until(
      async () => {
        const lines = await Promise.all(by.flatMap((node) => nodes.map((about) => this.lineOf(node, about))))
        return lines.every((line) => line?.flags.has(flag))
      },
      `nodes ${nodes.join(', ')} to be seen as ${flag}`,
    )
    await this.#setTimeouts(NODE_TIMEOUT_MS)
  }

  untilPrimary(node: number): Promise<unknown> {
    return this.until(async () => (await this.lineOf(node, node))!.primaryId === null, `node ${node} to be a primary`)
  }

  untilReplica(node: number): Promise<unknown> {
    return this.until(async () => (await this.lineOf(node, node))!.primaryId !== null, `node ${node} to be a replica`)
  }

  untilAllKnow(id: string): Promise<unknown> {
    return this.until(async () => {
      const accounts = await Promise.all(this.running.map((node) => this.account(node)))
      return accounts.every((lines) => lines.some((line) => line.id === id && !line.flags.has('handshake')))
    }, `all nodes to know ${id}`)
  }

  /** All tell one story of slots and roles. */
  untilAgreed(nodes: readonly number[] = this.running): Promise<unknown> {
    return this.until(async () => {
      const accounts = await Promise.all(nodes.map((node) => this.account(node)))
      const stories = accounts.map((lines) =>
        lines
          .map(({id, primaryId, slots}) => `${id} ${primaryId} ${slots.toString()}`)
          .sort()
          .join('\n'),
      )
      return new Set(stories).size === 1
    }, 'all nodes to agree')
  }

  /** All see every node in the role in which it sees itself. */
  untilSameRoles(): Promise<unknown> {
    return this.until(async () => {
      const accounts = await Promise.all(this.running.map((node) => this.account(node)))
      const own = accounts.map((lines) => lines.find(({flags}) => flags.has('myself'))!)
      return own.every(({id, primaryId}) =>
        accounts.every((lines) => lines.find((line) => line.id === id)?.primaryId === primaryId),
      )
    }, 'all nodes to agree on roles')
  }

  /** Nodes that stand alone are left out. */
  untilOk(nodes: readonly number[] = this.running): Promise<unknown> {
    return this.until(async () => {
      const infos = await Promise.all(nodes.map((node) => this.call(node, 'CLUSTER', 'INFO').then(String)))
      return infos.every((info) => info.includes('cluster_state:ok') || info.includes('cluster_known_nodes:1\r'))
    }, 'all nodes to serve')
  }

  /** All serve, and nobody takes anybody for dead. */
  untilHealthy(): Promise<unknown> {
    return this.until(async () => {
      const accounts = await Promise.all(this.running.map((node) => this.account(node)))
      const doubts = accounts
        .flat()
        .some(({flags}) => ['fail', 'pfail', 'handshake'].some((flag) => flags.has(flag as 'fail')))
      return !doubts && (await this.untilOk(), true)
    }, 'nobody to be taken for dead')
  }

  async untilDown(nodes: readonly number[] = this.running): Promise<void> {
    await this.until(async () => {
      const infos = await Promise.all(nodes.map((node) => this.call(node, 'CLUSTER', 'INFO').then(String)))
      return infos.every((info) => info.includes('cluster_state:fail'))
    }, 'all nodes to refuse clients')
    await this.#setTimeouts(NODE_TIMEOUT_MS)
  }

  /** Every replica has all that its primary has written. */
  untilCopied(): Promise<unknown> {
    return this.until(async () => {
      const infos = await Promise.all(this.running.map((node) => this.call(node, 'INFO', 'replication').then(String)))
      const offsets = infos.flatMap((info) => /slave\d+:.*offset=(\d+)/.exec(info)?.[1] ?? [])
      const own = infos.flatMap((info) =>
        /slave\d+:/.test(info) ? (/master_repl_offset:(\d+)/.exec(info)![1] ?? []) : [],
      )
      const isUp = infos.every((info) => !info.includes('master_link_status:down'))
      return isUp && offsets.every((offset, index) => offset === own[index])
    }, 'the replicas to have everything')
  }

  /** Done before the nodes are stopped. */
  atEnd(work: () => Promise<unknown>): void {
    this.#endings.push(work)
  }

  async clear(): Promise<void> {
    for (const work of this.#endings.splice(0)) await work()
    await Promise.all(this.#added.map((node) => node.stop()))
    await this.cluster.stop()
  }
}

/** A hash tag for one slot of each primary of an even cluster. */
function tagsOf(primaries: number): string[] {
  const tags = new Array<string | undefined>(primaries).fill(undefined)
  for (let number = 0; tags.includes(undefined); number++) {
    const tag = `plot ${number}`
    const owner = Math.min(primaries - 1, Math.floor((slotOf(Buffer.from(`{${tag}}`)) / 16_384) * primaries))
    // Slots at the border of two primaries may be either's.
    tags[owner] ??= tag
  }
  return tags as string[]
}
