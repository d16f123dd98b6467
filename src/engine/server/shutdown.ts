/** SHUTDOWN in its time: replicas that lag may catch up first, writes wait meanwhile, and it may be called off. */
import {type Ending, type LogLevel} from '../ports.js'
import {type ReplicaPeer} from '../replication/peer.js'
import {type Replication} from '../replication/replication.js'
import {type Blocking} from './blocking.js'
import {type ClientPause} from './client-pause.js'
import {type Client} from './client.js'
import {type Config} from './config.js'
import {type FinalSave} from './saving.js'

export interface ShutdownRequest extends FinalSave {
  /** Lagging replicas are not waited for. */
  readonly isNow: boolean
}

/** A shutdown that waits. */
export interface PendingShutdown {
  /** `host:port` of the replicas that lag. */
  readonly replicas: readonly string[]
  /** Unix ms at which it goes on without them. */
  readonly untilMs: number
}

/** What it needs of its node. */
export interface ShutdownHost {
  readonly nowMs: number
  readonly loading: boolean
  readonly config: Config
  readonly replication: Replication
  readonly pause: ClientPause
  readonly blocking: Blocking
  ending: Ending | undefined
  readonly beforeShutdown: (request: FinalSave) => boolean
  endPause(reason: 'shutdown'): void
  log(level: LogLevel, text: string): void
}

const FAILED = 'ERR Errors trying to SHUTDOWN. Check logs.'

/** Source: Redis 7.0's prepareForShutdown, finishShutdown, abortShutdown. */
export class Shutdown {
  readonly #server: ShutdownHost
  #request: ShutdownRequest | undefined
  #untilMs = 0
  /** Called when it does not come to pass, after all. */
  onCalledOff: () => void = () => undefined
  /** Clients that asked for it, and are told only when it fails. */
  readonly #waiting = new Set<Client>()

  constructor(server: ShutdownHost) {
    this.#server = server
  }

  /** Somebody has asked, and replicas are being waited for. */
  get isUnderWay(): boolean {
    return this.#request !== undefined
  }

  /** What it waits for. */
  get pending(): PendingShutdown | undefined {
    if (!this.isUnderWay) return undefined
    return {replicas: this.#lagging().map(({name}) => name), untilMs: this.#untilMs}
  }

  /** @param client who asked: blocked until the node is gone, or is going on after all */
  begin(request: ShutdownRequest, client?: Client): void {
    const server = this.#server
    if (client !== undefined) this.#block(client)
    if (this.isUnderWay) return
    server.log('warning', 'User requested shutdown...')
    this.#request = server.loading ? {...request, save: 'no'} : request
    const timeoutMs = server.config.number('shutdown-timeout') * 1000
    if (request.isNow || timeoutMs === 0 || this.#lagging().length === 0) return this.#finish()
    server.pause.begin('shutdown', 'write', Infinity)
    server.log('notice', 'Waiting for replicas before shutting down.')
    server.replication.replicas.requestAcks()
    this.#untilMs = server.nowMs + timeoutMs
  }

  /** At the end of each turn. */
  check(): void {
    if (!this.isUnderWay || this.#server.ending !== undefined) return
    if (this.#server.nowMs >= this.#untilMs || this.#lagging().length === 0) this.#finish()
  }

  /** SHUTDOWN ABORT. @returns false when there is nothing to call off */
  abort(): boolean {
    if (!this.isUnderWay) return false
    this.#cancel()
    this.#server.log('notice', 'Shutdown manually aborted.')
    return true
  }

  #finish(): void {
    const server = this.#server
    this.#tellOfReplicas()
    if (server.beforeShutdown(this.#request!)) {
      server.ending = 'shutdown'
      return
    }
    server.log('warning', 'Errors trying to shut down the server. Check the logs for more information.')
    this.#cancel()
  }

  #cancel(): void {
    const server = this.#server
    this.#request = undefined
    for (const client of [...this.#waiting]) server.blocking.unblockWithError(client, FAILED)
    server.endPause('shutdown')
    this.onCalledOff()
  }

  #block(client: Client): void {
    this.#waiting.add(client)
    this.#server.blocking.block(client, {
      kind: 'shutdown',
      timeoutAtMs: Infinity,
      onTimeout: () => undefined,
      onEnd: () => this.#waiting.delete(client),
    })
  }

  #lagging(): ReplicaPeer[] {
    const {replicas, offset} = this.#server.replication
    return [...replicas.all].filter((peer) => peer.ackOffset !== offset)
  }

  #tellOfReplicas(): void {
    const server = this.#server
    const {replicas, offset} = server.replication
    const lagging = this.#lagging()
    for (const peer of lagging) {
      const lag = peer.isOnline ? peer.lagSeconds(server.nowMs) : 0
      server.log(
        'warning',
        `Lagging replica ${peer.name} reported offset ${offset - peer.ackOffset} behind master, lag=${lag}, state=${peer.shownState}.`,
      )
    }
    const all = replicas.all.size
    if (all > 0) server.log('notice', `${all - lagging.length} of ${all} replicas are in sync when shutting down.`)
  }
}
