/** One client in the words of CLIENT LIST. */
import {type Endpoint} from '../ports.js'
import {type Client} from './client.js'

/** As CLIENT KILL TYPE and client-output-buffer-limit divide them. */
export type ClientClass = 'normal' | 'master' | 'slave' | 'pubsub'

export function classOf(client: Client): ClientClass {
  if (client.kind === 'primary') return 'master'
  if (client.kind === 'replica') return 'slave'
  return client.isSubscriber ? 'pubsub' : 'normal'
}

/** @returns undefined for a word that names no class */
export function parseClientClass(word: string): ClientClass | undefined {
  const name = word.toLowerCase()
  if (name === 'replica') return 'slave'
  return name === 'normal' || name === 'slave' || name === 'pubsub' || name === 'master' ? name : undefined
}

/** `127.0.0.1:7000`, `[::1]:7000`. */
export function formatEndpoint({host, port}: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Bytes of the fixed part of a reply buffer (Redis: PROTO_REPLY_CHUNK_BYTES). */
const REPLY_BUFFER_BYTES = 16 * 1024

/** Redis' line, without its line break. Source: catClientInfoString of Redis 7.0. */
export function formatClientLine(client: Client, nowMs: number, argv: readonly string[] = []): string {
  const waiting = client.output.pendingBytes + client.unsentBytes
  const inBuffer = Math.min(waiting, REPLY_BUFFER_BYTES)
  const inList = waiting - inBuffer
  const argvBytes = sum(argv)
  const multiBytes = (client.transaction?.queue ?? []).reduce((total, words) => total + sum(words), 0)
  const queryBytes = client.parser.pendingBytes
  const fields: readonly (readonly [string, string | number])[] = [
    ['id', client.id],
    ['addr', formatEndpoint(client.peer)],
    ['laddr', formatEndpoint(client.local)],
    ['fd', client.id],
    ['name', client.name],
    ['age', secondsBetween(client.createdMs, nowMs)],
    ['idle', secondsBetween(client.lastActiveMs, nowMs)],
    ['flags', flagsOf(client)],
    ['db', client.database.index],
    ['sub', client.channels.size],
    ['psub', client.patterns.size],
    ['ssub', client.shardChannels.size],
    ['multi', client.transaction === undefined ? -1 : client.transaction.queue.length],
    ['qbuf', queryBytes],
    ['qbuf-free', 0],
    ['argv-mem', argvBytes],
    ['multi-mem', multiBytes],
    ['rbs', REPLY_BUFFER_BYTES],
    ['rbp', REPLY_BUFFER_BYTES],
    ['obl', inBuffer],
    ['oll', inList > 0 ? 1 : 0],
    ['omem', inList],
    ['tot-mem', REPLY_BUFFER_BYTES + inList + queryBytes + argvBytes + multiBytes],
    ['events', waiting > 0 ? 'rw' : 'r'],
    ['cmd', client.lastCommand],
    ['user', client.userName],
    ['redir', -1],
    ['resp', client.protocol],
  ]
  return fields.map(([name, value]) => `${name}=${value}`).join(' ')
}

/** Source: the letters of CLIENT LIST's `flags`. */
function flagsOf(client: Client): string {
  let flags = ''
  if (client.kind === 'replica') flags += 'S'
  if (client.isMonitor) flags += 'O'
  if (client.kind === 'primary') flags += 'M'
  if (client.isSubscriber) flags += 'P'
  if (client.transaction !== undefined) flags += 'x'
  if (client.blocked !== undefined) flags += 'b'
  if (client.dirtyCas) flags += 'd'
  if (client.closing === 'after-output') flags += 'c'
  if (client.closing === 'now') flags += 'A'
  if (client.readonlyMode) flags += 'r'
  if (client.noEvict) flags += 'e'
  return flags === '' ? 'N' : flags
}

/** Redis counts whole seconds on both ends. */
function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(0, Math.floor(toMs / 1000) - Math.floor(fromMs / 1000))
}

function sum(words: readonly string[]): number {
  return words.reduce((total, word) => total + word.length, 0)
}
