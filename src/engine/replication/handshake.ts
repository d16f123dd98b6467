/** The talk before a replica gets data: PING, AUTH, REPLCONF, PSYNC, as Redis 7.0 speaks it. */
import {type Bytes} from '../ports.js'
import {encodeRequest} from '../resp/request-writer.js'

/** What a replica says of itself, and what it asks for. */
export interface HandshakeOptions {
  readonly password: Bytes
  readonly user: Bytes
  readonly listeningPort: number
  /** replica-announce-ip; empty: the primary takes the socket's. */
  readonly announceHost: string
  /** The history it knows; `?` and -1 for none. */
  readonly id: string
  /** The first byte it wants. */
  readonly offset: number
  /** A planned failover: whoever answers is to become the primary. */
  readonly isHandover: boolean
}

export type HandshakeResult =
  | {readonly kind: 'full'; readonly id: string; readonly offset: number}
  /** `id` is undefined when the primary goes on under the id that was asked for. */
  | {readonly kind: 'continue'; readonly id: string | undefined}
  /** The primary does not know PSYNC: SYNC was sent, and the payload comes without an offset. */
  | {readonly kind: 'old-style'}
  /** Try again later; `forget`: and ask for everything then. `isRefusal`: it was PSYNC that was refused. */
  | {readonly kind: 'failed'; readonly reason: string; readonly forget: boolean; readonly isRefusal: boolean}

type Step = 'ping' | 'auth' | 'port' | 'address' | 'capabilities' | 'psync'

const PORT_REFUSED = 'Master does not understand REPLCONF'
/** A PING that is refused for want of a password or of permission still shows that somebody is there. */
const ALIVE_AFTER_ALL = /^-(NOAUTH|NOPERM|ERR operation not permitted)/

/** One attempt. Give it the lines that come in, send what it returns. Source: replication.md §2. */
export class Handshake {
  readonly #options: HandshakeOptions
  #expected: Step[] = ['ping']
  readonly #send: (text: Bytes) => void
  readonly #log: (text: string) => void

  constructor(options: HandshakeOptions, send: (text: Bytes) => void, log: (text: string) => void) {
    this.#options = options
    this.#send = send
    this.#log = log
    send(encodeRequest(['PING']))
  }

  /** @returns the end of it; undefined while it goes on */
  line(line: Bytes): HandshakeResult | undefined {
    if (line === '') return undefined // the primary is alive, and busy
    const step = this.#expected.shift()
    switch (step) {
      case 'ping':
        return this.#ponged(line)
      case 'auth':
        if (line.startsWith('-')) return failed(`Unable to AUTH to MASTER: ${line}`)
        return undefined
      case 'port':
      case 'address':
      case 'capabilities':
        if (line.startsWith('-')) this.#log(`(Non critical) ${PORT_REFUSED} ${step}: ${line}`)
        if (this.#expected.length === 0) this.#askForData()
        return undefined
      case 'psync':
        return this.#answered(line)
      case undefined:
        return failed(`Unexpected reply from MASTER: ${line}`)
    }
  }

  #ponged(line: Bytes): HandshakeResult | undefined {
    if (!line.startsWith('+') && !ALIVE_AFTER_ALL.test(line)) {
      return failed(`Error reply to PING from master: '${line}'`)
    }
    this.#log('Master replied to PING, replication can continue...')
    const {password, user, listeningPort, announceHost} = this.#options
    let text = ''
    if (password !== '') {
      text += encodeRequest(user === '' ? ['AUTH', password] : ['AUTH', user, password])
      this.#expected.push('auth')
    }
    text += encodeRequest(['REPLCONF', 'listening-port', String(listeningPort)])
    this.#expected.push('port')
    if (announceHost !== '') {
      text += encodeRequest(['REPLCONF', 'ip-address', announceHost])
      this.#expected.push('address')
    }
    text += encodeRequest(['REPLCONF', 'capa', 'eof', 'capa', 'psync2'])
    this.#expected.push('capabilities')
    this.#send(text)
    return undefined
  }

  #askForData(): void {
    const {id, offset, isHandover} = this.#options
    this.#log(
      id === '?'
        ? 'Partial resynchronization not possible (no cached master)'
        : `Trying a partial resynchronization (request ${id}:${offset}).`,
    )
    this.#expected = ['psync']
    this.#send(encodeRequest(['PSYNC', id, String(offset), ...(isHandover ? ['FAILOVER'] : [])]))
  }

  #answered(line: Bytes): HandshakeResult {
    const full = /^\+FULLRESYNC (\S{40}) (\d{1,15})$/.exec(line)
    if (full !== null) return {kind: 'full', id: full[1]!, offset: Number(full[2])}
    const resumed = /^\+CONTINUE(?: (\S{40}))?\s*$/.exec(line)
    if (resumed !== null) return {kind: 'continue', id: resumed[1]}
    if (/^-(NOMASTERLINK|LOADING)/.test(line)) {
      return refused(`Master is currently unable to PSYNC but should be in the future: ${line}`, false)
    }
    if (!line.startsWith('-ERR') || this.#options.isHandover) {
      return refused(`Unexpected reply to PSYNC from master: ${line}`, true)
    }
    this.#log('Retrying with SYNC...')
    this.#send(encodeRequest(['SYNC']))
    return {kind: 'old-style'}
  }
}

function failed(reason: string): HandshakeResult {
  return {kind: 'failed', reason, forget: false, isRefusal: false}
}

function refused(reason: string, forget: boolean): HandshakeResult {
  return {kind: 'failed', reason, forget, isRefusal: true}
}
