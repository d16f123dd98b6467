/** One RDB file of each primary, and what is needed to put them back: who had which slots. */
import {formatAddress, formatPlainAddress, type Address} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import {ManagerError} from '../error.js'
import type {SnapshotReader} from '../ports.js'
import type {ClusterView} from '../view/cluster-view.js'
import type {NodeView} from '../view/node-view.js'
import {manifestJson} from './manifest.js'
import {nodesJson} from './nodes-json.js'
import type {SavedNode} from './saved-node.js'
import {SnapshotCheck} from './snapshot-check.js'

/** A folder on disk, handed in. Every method throws ManagerError `io`, which names the file. */
export interface BackupFolder {
  /** As the operator wrote it. */
  readonly path: string
  /** Begins a file; what had this name before stays until `commit`. */
  create(name: string): Promise<BackupFile>
}

export interface BackupFile {
  write(chunk: Uint8Array): Promise<void>
  /** All of it is on disk when this returns, still under another name. @returns the SHA-256 of the contents, in hex */
  finish(): Promise<string>
  /** Gives it its name. */
  commit(): Promise<void>
  /** Leaves nothing behind. Never throws; without effect after `commit`. */
  discard(): Promise<void>
}

/** What happens, in redis-cli's order within a node. */
export type BackupEvent =
  | {readonly kind: 'node-started'; readonly node: NodeId; readonly address: Address}
  /** @property announcedBytes `null` when the node sends until an end mark */
  | {
      readonly kind: 'transfer-started'
      readonly node: NodeId
      readonly file: string
      readonly announcedBytes: number | null
    }
  | {readonly kind: 'transferred'; readonly node: NodeId; readonly bytes: number}
  | {readonly kind: 'node-finished'; readonly node: NodeId; readonly bytes: number}
  | {readonly kind: 'saving-nodes'; readonly file: string}

export interface BackupOptions {
  /** `redis` or `valkey`: the file names begin with it, as those of redis-cli and valkey-cli do. */
  readonly prefix: 'redis' | 'valkey'
  /** What check complains of: `nodes.json` says it. */
  readonly clusterErrors: number
  readonly stop: AbortSignal
  readonly emit: (event: BackupEvent) => void
}

/** Each fork and each transfer costs the host of the primary; more of them at once would be felt. */
const NODES_AT_ONCE = 4

/**
 * Saves the primaries that answered, several at once. Each file is checked before it counts; none gets its name before all are
 * there, so that a backup which fails leaves an older one in the same folder whole.
 * @throws ManagerError of the first node or file that failed; nothing is left behind then
 */
export async function backup(
  view: ClusterView,
  snapshots: SnapshotReader,
  folder: BackupFolder,
  options: BackupOptions,
): Promise<SavedNode[]> {
  const files: BackupFile[] = []
  const begin = async (name: string): Promise<BackupFile> => {
    const file = await folder.create(name)
    files.push(file)
    return file
  }
  try {
    const primaries = view.nodes.filter(({line}) => !line.flags.has('replica'))
    const saved = await saveAll(
      primaries,
      (node, signal) => saveNode(node, snapshots, begin, {...options, stop: signal}),
      options.stop,
    )
    options.emit({kind: 'saving-nodes', file: 'nodes.json'})
    await writeText(await begin('nodes.json'), nodesJson(view.nodes, options.clusterErrors))
    await writeText(await begin('manifest.json'), manifestJson(saved))
    for (const file of files) await file.commit()
    return saved
  } finally {
    await Promise.all(files.map((file) => file.discard()))
  }
}

/** Results in the order of `nodes`. The first failure stops the others. */
async function saveAll(
  nodes: readonly NodeView[],
  save: (node: NodeView, signal: AbortSignal) => Promise<SavedNode>,
  stop: AbortSignal,
): Promise<SavedNode[]> {
  const halt = new AbortController()
  const signal = AbortSignal.any([stop, halt.signal])
  const saved = new Map<NodeId, SavedNode>()
  const waiting = [...nodes]
  const failures: unknown[] = []
  const worker = async (): Promise<void> => {
    for (let node = waiting.shift(); node !== undefined && !signal.aborted; node = waiting.shift()) {
      try {
        saved.set(node.id, await save(node, signal))
      } catch (error) {
        failures.push(error)
        halt.abort()
      }
    }
  }
  await Promise.all(Array.from({length: NODES_AT_ONCE}, worker))
  if (stop.aborted) throw new ManagerError('interrupted', 'interrupted by the operator: nothing was saved')
  if (failures.length > 0) throw failures[0]
  return nodes.map(({id}) => saved.get(id)!)
}

async function saveNode(
  {id, address, line}: NodeView,
  snapshots: SnapshotReader,
  begin: (name: string) => Promise<BackupFile>,
  {prefix, stop, emit}: BackupOptions,
): Promise<SavedNode> {
  emit({kind: 'node-started', node: id, address})
  const name = `${prefix}-node-${address.host}-${address.port}-${id}.rdb`
  const {announcedBytes, chunks} = await snapshots.snapshot(address, stop)
  const file = await begin(name)
  emit({kind: 'transfer-started', node: id, file: name, announcedBytes})
  const check = new SnapshotCheck()
  let bytes = 0
  for await (const chunk of chunks) {
    check.add(chunk)
    await file.write(chunk)
    bytes += chunk.length
    emit({kind: 'transferred', node: id, bytes})
  }
  const fault = check.fault()
  if (fault !== undefined) {
    throw new ManagerError('protocol', fault, {node: formatAddress(address), hint: 'run the backup again'})
  }
  const sha256 = await file.finish()
  emit({kind: 'node-finished', node: id, bytes})
  return {node: id, address: formatPlainAddress(address), slots: line.slots.toString(), file: name, bytes, sha256}
}

async function writeText(file: BackupFile, text: string): Promise<void> {
  await file.write(new TextEncoder().encode(text))
  await file.finish()
}
