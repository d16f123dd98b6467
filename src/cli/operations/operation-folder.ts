/**
 * What runs now: each changing operation of this user leaves a small record while it is carried out, so that another command can
 * find it. Kept in `operations` of the state folder; what a killed process left is swept away by whoever looks next.
 */
import {mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import type {NodeId} from '../../model/node-id.js'
import {isAlive} from '../is-alive.js'
import {socketFor, stateHome} from '../state-home.js'
import type {World} from '../world.js'

/** Documented in docs/json.md only as far as `tscluster pace` shows it. */
export interface OperationRecord {
  readonly schema: 'tscluster.operation/1'
  /** Its own, by chance. */
  readonly id: string
  readonly pid: number
  /** The command: `reshard`. */
  readonly operation: string
  /** Unix ms. */
  readonly startedMs: number
  /** `host:port` through which the cluster was entered. */
  readonly entry: string
  /** Of every node that is known of the cluster. */
  readonly nodes: readonly {readonly id: NodeId; readonly address: string}[]
  /** Where it listens: a socket's path, or a pipe's name on Windows. */
  readonly socket: string
}

export class OperationFolder {
  readonly path: string

  constructor(env: World['env']) {
    this.path = path.join(stateHome(env), 'operations')
  }

  socketOf(id: string): string {
    return socketFor(this.path, id)
  }

  /** Nobody else's business. @throws Error where the folder cannot be made */
  make(): void {
    mkdirSync(this.path, {recursive: true, mode: 0o700})
  }

  /** Whole or not at all: who looks meanwhile must not read half of it. @throws Error where it cannot be written */
  write(record: OperationRecord): void {
    const file = this.#fileOf(record.id)
    const draft = `${file}.draft`
    writeFileSync(draft, `${JSON.stringify(record)}\n`, {mode: 0o600})
    renameSync(draft, file)
  }

  /** With its socket. */
  remove(id: string): void {
    rmSync(this.#fileOf(id), {force: true})
    if (process.platform !== 'win32') rmSync(this.socketOf(id), {force: true})
  }

  /** Of processes that run, the oldest first. Sweeps away the others. */
  list(): OperationRecord[] {
    const records = idsIn(this.path).flatMap((id) => {
      const record = this.#read(id)
      if (record !== undefined && isAlive(record.pid)) return [record]
      this.remove(id)
      return []
    })
    return records.sort((a, b) => a.startedMs - b.startedMs)
  }

  #fileOf(id: string): string {
    return path.join(this.path, `${id}.json`)
  }

  #read(id: string): OperationRecord | undefined {
    try {
      const record = JSON.parse(readFileSync(this.#fileOf(id), 'utf8')) as Partial<OperationRecord>
      const isOurs = record.schema === 'tscluster.operation/1' && record.id === id && typeof record.pid === 'number'
      return isOurs ? (record as OperationRecord) : undefined
    } catch {
      return undefined
    }
  }
}

/** @returns those that work on the cluster of which one node's account is known, or, where nobody told, one address */
export function onSameCluster(
  records: readonly OperationRecord[],
  {ids, address}: {readonly ids: ReadonlySet<NodeId>; readonly address: string},
): OperationRecord[] {
  return records.filter(({nodes, entry}) =>
    ids.size > 0
      ? nodes.some(({id}) => ids.has(id))
      : entry === address || nodes.some((node) => node.address === address),
  )
}

function idsIn(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) => /^([0-9a-f]+)\.json$/.exec(name)?.[1] ?? [])
  } catch {
    return []
  }
}
