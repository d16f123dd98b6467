/** What the engine needs from outside and what it hands back: time, chance, disk and wires are arguments, never imports. */

/**
 * Bytes as they travel through the engine: a latin1 string, one character per byte.
 * V8 holds such a string in one byte per character, hashes and compares it natively, and copies it from a socket in one call;
 * docs/adr/0005 has the figures. Only `resp`, `values`, `keyspace` and `persistence` look inside.
 */
export type Bytes = string

/** A client connection, numbered by the host. */
export type ConnectionId = number

/**
 * A connection between nodes. Positive: dialled by the core, which numbers it. Negative: accepted on the bus port, numbered by
 * the host.
 */
export type LinkId = number

/** Where somebody listens, or where a peer's socket ends. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  /** The connection is encrypted (TLS), or is to be made so. */
  readonly isSecure?: boolean
}

/** One event-driven state machine: the host feeds it one turn of the event loop at a time. */
export interface Core {
  /** Opens a turn. Time is an input: nothing below reads a clock. Unix milliseconds; a fraction carries microseconds. */
  beginTurn(nowMs: number): void
  clientOpened(id: ConnectionId, peer: Endpoint, local: Endpoint): void
  clientBytes(id: ConnectionId, chunk: Uint8Array): void
  /** The host has written what it took from a connection: `pendingBytes` still wait in the socket. */
  clientDrained(id: ConnectionId, pendingBytes: number): void
  clientClosed(id: ConnectionId): void
  /** A link that the core dialled stands. */
  linkOpened(id: LinkId, peer: Endpoint, local: Endpoint): void
  /** Somebody connected to the bus port. */
  linkAccepted(id: LinkId, peer: Endpoint, local: Endpoint): void
  linkBytes(id: LinkId, chunk: Uint8Array): void
  /** The host has written what it could to a link: `pendingBytes` still wait in the socket. */
  linkDrained(id: LinkId, pendingBytes: number): void
  linkClosed(id: LinkId, reason: string): void
  /** Every 100 ms: server cron, cluster cron. */
  tick(): void
  /** Redis' beforeSleep: elections, state, unblocking. Then hands over what must leave the node, already ordered. */
  endTurn(): TurnOutput
}

/** What a turn asks of the outside. One record, reused: it is valid until the next `beginTurn`. */
export interface TurnOutput {
  readonly files: FileEffect[]
  readonly links: LinkEffect[]
  /** Connections whose output has bytes, or that are to be closed. */
  readonly writable: Connection[]
  /** Lines for the log file, in order. */
  readonly logs: LogLine[]
  /** Unix ms at which the core wants a turn even if nothing happens: a blocked client's timeout, an election. */
  wakeAtMs: number
  /** Unix ms until which the node is to be left alone, as a process that sleeps (DEBUG SLEEP); 0 while it is awake. */
  asleepUntilMs: number
  /** Clients are not to be read from until a turn says otherwise: the node waits for another one and cannot hear them. */
  holdsClients: boolean
  /** `undefined` while the node lives. */
  ending: Ending | undefined
}

/** Why a node ends: as SHUTDOWN asks, or as a crash would (DEBUG SEGFAULT): then nothing more is written. */
export type Ending = 'shutdown' | 'crash'

/** What a server that is a process of its own dies by: an access to memory that is not its own, or its own verdict on itself. */
export type CrashSignal = 'SIGSEGV' | 'SIGABRT'

/** A client connection as the host sees it. */
export interface Connection {
  readonly id: ConnectionId
  readonly output: OutputBuffer
  /** `after-output`: close when what is in `output` has been written. */
  readonly closing: 'no' | 'after-output' | 'now'
}

/** Bytes that wait for the host to write them. */
export interface OutputBuffer {
  readonly isEmpty: boolean
  /** Hands over all bytes and is empty afterwards. The chunks belong to the caller. */
  take(): readonly Uint8Array[]
  /** The same as one string, where the replies are few and a socket takes them so at less cost; undefined where only `take` will do. */
  takeText(): Bytes | undefined
}

/** File work. What cannot be done ends the node, unless somebody wants to hear of it. */
export type FileEffect = FileWork & FileReport

export interface FileReport {
  /** Told when it is done, or why it cannot be, in the system's words. It only notes it: what follows belongs into a turn. */
  readonly done?: (error: string | undefined) => void
  /** Nothing waits for it, neither the node nor its replies; such work is done in its order. `done` is told in a turn of its own. */
  readonly inBackground?: true
}

export type FileWork =
  | {readonly kind: 'append'; readonly name: string; readonly bytes: Uint8Array}
  | {readonly kind: 'sync'; readonly name: string}
  /**
   * Whole and durable, or not at all: written beside, synced, renamed over. `lazily`: not synced, so that the former file may be back
   * after the machine (not the process) has crashed; for what the node may forget without breaking a promise.
   */
  | {readonly kind: 'replace'; readonly name: string; readonly bytes: Uint8Array; readonly lazily?: boolean}
  /** `lazily`: durable only after a `sync-folder`. */
  | {readonly kind: 'rename'; readonly from: string; readonly to: string; readonly lazily?: boolean}
  /** What was renamed in the folder that holds this file stays so. */
  | {readonly kind: 'sync-folder'; readonly name: string}
  | {readonly kind: 'remove'; readonly name: string}

export type LinkEffect =
  | {readonly kind: 'dial'; readonly link: LinkId; readonly to: Endpoint}
  | {readonly kind: 'send'; readonly link: LinkId; readonly bytes: Uint8Array}
  | {readonly kind: 'hang-up'; readonly link: LinkId}
  /** A replica that connected to us: small pieces may wait for larger ones (Nagle's algorithm), fewer packets for more delay. */
  | {readonly kind: 'gather'; readonly connection: ConnectionId}

/** Redis' four levels, from the noisiest: `debug`, `verbose`, `notice`, `warning`. */
export type LogLevel = 'debug' | 'verbose' | 'notice' | 'warning'

export interface LogLine {
  readonly level: LogLevel
  readonly text: string
  /** Written as it is, without time and level: a part of a report. */
  readonly raw?: true
}

/** A node's folder. Synchronous: no reply may overtake the record of it. Names are relative to the folder. */
export interface Storage {
  /** The whole file, which is small: a configuration, a manifest. Null when there is none. */
  read(name: string): Uint8Array | null
  /** The bytes of a file that may be larger than any array, a piece at a time, to be drawn at once; null when there is none. */
  pieces(name: string): Iterable<Uint8Array> | null
  /** Keeps the first `bytes` of a file and no others, for good. */
  truncate(name: string, bytes: number): void
  /** All of the bytes, or none. */
  append(name: string, bytes: Uint8Array): void
  sync(name: string): void
  /** @param lazily without waiting for the disk */
  replace(name: string, bytes: Uint8Array, lazily?: boolean): void
  /** @param lazily without waiting for the disk */
  rename(from: string, to: string, lazily?: boolean): void
  remove(name: string): void
  /** Does it later, in the order of the calls, while the node goes on; without this a disk does everything at once. */
  later?(effect: FileEffect): void
}

/** Sockets. Nothing here answers: what happens comes back to the core as `linkOpened`, `linkBytes`, `clientClosed`… */
export interface Transport {
  dial(link: LinkId, to: Endpoint): void
  send(link: LinkId, bytes: Uint8Array): void
  hangUp(link: LinkId): void
  /** From now on the system may gather small writes to this connection into larger packets. */
  gather(connection: ConnectionId): void
  /** Writes what the connection's output holds, then closes it if it asks for that. */
  flush(connection: Connection): void
}

export interface Clock {
  /** Unix milliseconds with a fraction. */
  nowMs(): number
  /** Runs something every `ms` until the returned function is called. */
  every(ms: number, run: () => void): () => void
  /** Runs something once, in `ms`, unless the returned function is called before. */
  after(ms: number, run: () => void): () => void
  /** Runs something when the pass of the event loop in hand is over: what else came in it comes first. */
  soon(run: () => void): void
}

/** Uniform 32-bit numbers. */
export interface Rng {
  uint32(): number
}

/** Microseconds on a clock that never goes back: for durations inside one turn (SLOWLOG, LATENCY, MONITOR). */
export type Stopwatch = () => number
