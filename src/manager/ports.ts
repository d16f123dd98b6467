/** What the manager needs from outside. Real sockets fill these in `io/`; simulated nodes fill them in a rehearsal. */
import type {Address} from '../model/address.js'

export type Argument = string | number | Uint8Array

/** RESP2 shapes. Bulk strings are text, or Buffers when the call asked for bytes. Error replies are thrown. */
export type Reply = string | number | null | Buffer | readonly Reply[]

export interface CallOptions {
  /** How long to wait for the reply; the pool's default when absent. The connection is closed when it passes. */
  readonly timeoutMs?: number
  /** Bulk strings as Buffers: for keys and payloads, which need not be text. */
  readonly bytes?: boolean
}

/** One connection to one node. Commands are answered in the order in which they were sent. */
export interface NodeClient {
  /** As we reached it. */
  readonly address: Address
  /** @throws ManagerError on an error reply, a lost connection or a timeout. */
  call(command: readonly Argument[], options?: CallOptions): Promise<Reply>
  /** All commands in one write. An error reply takes its command's place in the result; a lost connection throws. */
  pipeline(commands: readonly (readonly Argument[])[], options?: CallOptions): Promise<(Reply | Error)[]>
}

/** What a node asks of who logs in. MIGRATE repeats it to the target. */
export interface Credentials {
  readonly username?: string | undefined
  readonly password?: string | undefined
}

/**
 * Connections to the nodes of one cluster: opened at first use, shared, closed together. A lost one is opened anew by the
 * next `connect`.
 */
export interface NodePool {
  readonly credentials: Credentials
  /**
   * @param channel commands that must not wait behind others take a channel of their own
   * @throws ManagerError `unreachable`, `timed-out`, `tls-failed`, `login-failed` or `protocol`
   */
  connect(address: Address, channel?: string): Promise<NodeClient>
  /**
   * A connection for commands whose replies are a line each (`+OK`, a number, nil, an error) or one text: SETSLOT and
   * COUNTKEYSINSLOT by the thousand, INFO.
   * Any other reply closes it.
   * @throws ManagerError as `connect` does
   */
  connectLines(address: Address, channel?: string): Promise<NodeClient>
  /** Whether a TCP connection to this port is accepted; `unknown` when nothing answers in time. Sends nothing. */
  probe(host: string, port: number): Promise<'open' | 'refused' | 'unknown'>
  /**
   * The IP address of a host name; an IP address is returned as it is. For CLUSTER MEET, which takes no names.
   * @throws ManagerError `unreachable` when the name is unknown
   */
  resolve(host: string): Promise<string>
  close(): void
}

/** A node's data as it streams out: one RDB payload. Reading it throws when the node breaks off before its end. */
export interface SnapshotSource {
  /** Bytes of the payload when the node announced them; `null` when it streams until an end mark. */
  readonly announcedBytes: number | null
  readonly chunks: AsyncIterable<Uint8Array>
}

/** Where the data of a node comes from when it is to be kept. */
export interface SnapshotReader {
  /**
   * Asks the node for all its data and returns when it begins to come. Reading stops with an error when `signal` fires.
   * @throws ManagerError as `connect` does, and when the node refuses
   */
  snapshot(address: Address, signal: AbortSignal): Promise<SnapshotSource>
}

export interface ManagerClock {
  nowMs(): number
  /** Resolves early, without an error, when `signal` fires. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
