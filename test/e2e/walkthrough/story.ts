/** A walkthrough as data: chapters of steps, each a command as its reader types it. */
import {type Key} from '../../support/terminal.js'

export interface Chapter {
  readonly title: string
  readonly steps: readonly Step[]
}

export interface Step {
  /** What is done, and why, in Markdown. Without it the command stands in one block with the one before. */
  readonly why?: string
  /** As it is typed, in one line or several: ports 7000 to 7007; `<7003>` is the id of the node on that port. */
  readonly line: string
  /** It is typed as soon as this is so. */
  readonly when?: readonly Condition[]
  /** It is typed on a terminal, and asks. In the order of its questions. */
  readonly answers?: readonly Answer[]
  /** With which it ends: 0 unless said otherwise. */
  readonly exitCode?: number
}

/** Every one of the nodes, asked this, says so. */
export interface Condition {
  /** By port. */
  readonly nodes: readonly number[]
  readonly ask: string
  readonly says: RegExp
}

export interface Answer {
  readonly question: RegExp
  /** In a list of choices: the one that begins with this. */
  readonly choose?: string
  readonly type?: string
  /** Default: enter. */
  readonly press?: Key
}

export const SIX = [7000, 7001, 7002, 7003, 7004, 7005]

/** They accept connections. */
export function answering(nodes: readonly number[]): Condition {
  return {nodes, ask: 'PING', says: /^PONG$/}
}

/** They are replicas, and have all that their primaries have. */
export function inSync(nodes: readonly number[]): Condition {
  return {nodes, ask: 'INFO replication', says: /role:slave\r\n[^]*master_link_status:up/}
}

/** They see the node in this role, and no other flag at its line. */
export function seenAs(
  role: 'master' | 'slave' | 'master,fail' | 'slave,fail',
  port: number,
  nodes: readonly number[],
): Condition {
  return {nodes, ask: 'CLUSTER NODES', says: new RegExp(`:${port}@\\d+ (myself,)?${role} `)}
}
