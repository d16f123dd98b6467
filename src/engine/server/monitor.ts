/** MONITOR: every command as one line, to whoever asked for it. */
import {type Bytes} from '../ports.js'
import {formatEndpoint} from './client-line.js'
import {type Client} from './client.js'
import {quote} from './quote.js'

/** `1339518083.107412 [0 127.0.0.1:60866] "keys" "*"`. Source: Redis' replicationFeedMonitors. */
export function formatMonitorLine(client: Client, db: number, words: readonly Bytes[], nowUs: number): string {
  const seconds = Math.floor(nowUs / 1_000_000)
  const micros = String(nowUs % 1_000_000).padStart(6, '0')
  return `${seconds}.${micros} [${db} ${formatEndpoint(client.peer)}] ${words.map(quote).join(' ')}`
}
