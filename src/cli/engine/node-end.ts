/** How a node ended that nobody stopped: kept in its folder, so that it is known when the process is gone that held it. */
import {readFileSync, rmSync, writeFileSync} from 'node:fs'
import type {StateFolder} from './state-folder.js'

/** `engine kill`, or DEBUG SEGFAULT and what else a node cannot survive. */
export type NodeEnding = 'killed' | 'crashed'

interface EndRecord {
  readonly schema: 'tscluster.engine-node-end/1'
  readonly how: NodeEnding
}

const NODE_END = 'ended.json'

/** A folder that was removed meanwhile keeps nothing. */
export function noteEnd(folder: StateFolder, port: number, how: NodeEnding): void {
  if (!folder.ports().includes(port)) return
  const record: EndRecord = {schema: 'tscluster.engine-node-end/1', how}
  writeFileSync(folder.nodeFile(port, NODE_END), `${JSON.stringify(record)}\n`, {mode: 0o600})
}

/** It runs again, or was stopped well. */
export function forgetEnd(folder: StateFolder, port: number): void {
  rmSync(folder.nodeFile(port, NODE_END), {force: true})
}

export function endOf(folder: StateFolder, port: number): NodeEnding | undefined {
  try {
    const {schema, how} = JSON.parse(readFileSync(folder.nodeFile(port, NODE_END), 'utf8')) as Partial<EndRecord>
    return schema === 'tscluster.engine-node-end/1' ? how : undefined
  } catch {
    return undefined
  }
}
