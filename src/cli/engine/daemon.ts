/** The process that holds the nodes of one state folder: starts and stops them when a command asks, and ends with the last one. */
import {existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import type {Server} from 'node:net'
import type {EngineNode} from '../../engine/index.js'
import {DaemonNetwork} from './daemon-network.js'
import {
  answerWith,
  type Changed,
  type DaemonAnswer,
  type DaemonRequest,
  type Ended,
  type ProcessChange,
  type RunningNode,
} from './daemon-protocol.js'
import {forgetEnd, noteEnd} from './node-end.js'
import {toListedFaults} from './node-faults.js'
import {waitInWords} from './node-stopping.js'
import {PortTurns} from './port-turns.js'
import {NODE_CONF, type DaemonRecord, type StateFolder} from './state-folder.js'

interface Held {
  readonly node: EngineNode
  readonly startedMs: number
}

/** Somebody else holds this state folder. */
export class FolderTaken extends Error {}

export class Daemon {
  readonly #folder: StateFolder
  readonly #version: string
  readonly #nodes = new Map<number, Held>()
  readonly #network: DaemonNetwork
  readonly #server: Server
  /** Two that start the same port must not meet; but a node that waits for its replicas holds up nobody else. */
  readonly #turns = new PortTurns()
  #isClosing = false
  #isReleased = false
  #end: () => void = () => undefined
  /** Resolves when the last node has ended, or all were stopped. */
  readonly ended = new Promise<void>((resolve) => (this.#end = resolve))

  constructor(folder: StateFolder, version: string) {
    this.#folder = folder
    this.#version = version
    this.#network = new DaemonNetwork(folder, (port) => this.#nodes.get(port)?.node)
    this.#server = answerWith((request) => this.#handle(request))
  }

  /**
   * Takes the folder and listens for requests.
   * @throws FolderTaken when another daemon was quicker
   */
  async listen(): Promise<void> {
    const {socket, recordFile} = this.#folder
    const record: DaemonRecord = {
      schema: 'tscluster.engine-daemon/1',
      pid: process.pid,
      socket,
      version: this.#version,
      startedMs: Date.now(),
    }
    try {
      writeFileSync(recordFile, `${JSON.stringify(record)}\n`, {flag: 'wx', mode: 0o600})
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new FolderTaken(`${recordFile} is there already`)
      throw error
    }
    // The record is ours, so whoever left this socket is gone.
    if (process.platform !== 'win32') rmSync(socket, {force: true})
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(socket, () => resolve())
    })
  }

  start(ports: readonly number[]): Promise<Changed[]> {
    return this.#each(ports, (port) => this.#startOne(port))
  }

  stop(ports: readonly number[] = [...this.#nodes.keys()]): Promise<Ended[]> {
    return this.#each(ports, (port) => this.#stopOne(port))
  }

  /** Stops everything and gives the folder back. Who asks a second time does not want to wait for replicas: then they are killed. */
  async close(): Promise<void> {
    if (this.#isClosing) await this.#changeAll([...this.#nodes.keys()], 'kill')
    this.#isClosing = true
    await this.#turns.settled()
    await this.stop()
    this.#release()
  }

  /** Nodes that were asked to stop and wait for their replicas, each in a sentence. */
  waits(): string[] {
    const sentences = [...this.#nodes].map(([port, {node}]) => waitInWords({port, stopping: node.stopping ?? null}))
    return sentences.filter((sentence) => sentence !== '')
  }

  /** @returns what became of each, in their order */
  async #each<Result>(ports: readonly number[], work: (port: number) => Promise<Result>): Promise<Result[]> {
    try {
      return await Promise.all(ports.map((port) => this.#turns.take([port], () => work(port))))
    } finally {
      this.#endIfEmpty()
    }
  }

  #release(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#server.close()
    rmSync(this.#folder.recordFile, {force: true})
    if (process.platform !== 'win32') rmSync(this.#folder.socket, {force: true})
    this.#end()
  }

  async #handle(request: DaemonRequest): Promise<DaemonAnswer> {
    const {pid} = process
    // Its record is gone: another process may hold the folder by now.
    if (this.#isReleased) return {did: 'fail', error: 'the engine has just ended: run the same command again'}
    switch (request.do) {
      case 'status':
        return {did: 'status', pid, version: this.#version, nodes: await this.#report()}
      case 'start':
        return {did: 'start', pid, nodes: await this.start(request.ports)}
      case 'stop':
        return {did: 'stop', pid, nodes: await this.stop(request.ports)}
      case 'slow':
        return {did: 'slow', pid, nodes: await this.#network.slow(request.ports, request.latencyMs)}
      case 'partition':
        return {did: 'partition', pid, nodes: await this.#network.partition(request.groups)}
      case 'heal':
        return {did: 'heal', pid, nodes: await this.#network.heal(request.ports)}
      case 'restart':
        return {did: 'restart', pid, nodes: await this.#each(request.ports, (port) => this.#restartOne(port))}
      case 'kill':
      case 'pause':
      case 'resume':
        return {did: request.do, pid, nodes: await this.#changeAll(request.ports, request.do)}
    }
  }

  #changeAll(ports: readonly number[], change: Exclude<ProcessChange, 'restart'>): Promise<Changed[]> {
    return Promise.all(ports.map((port) => this.#change(port, change)))
  }

  /** At once: a node that waits for its replicas can be killed. */
  async #change(port: number, change: Exclude<ProcessChange, 'restart'>): Promise<Changed> {
    const held = this.#nodes.get(port)
    if (held === undefined) return {port, already: change === 'kill', ...(change !== 'kill' && {error: 'does not run'})}
    const {node} = held
    const already = (change === 'pause' && node.isPaused) || (change === 'resume' && !node.isPaused)
    try {
      if (change === 'pause') node.pause()
      if (change === 'resume') node.resume()
      if (change === 'kill') await node.kill()
      return {port, already}
    } catch (error) {
      return {port, already, error: messageOf(error)}
    }
  }

  /** What redis.conf says now holds; faults of its network last. */
  async #restartOne(port: number): Promise<Changed> {
    const {error} = await this.#stopOne(port)
    return error === undefined ? this.#startOne(port) : {port, already: false, error}
  }

  async #startOne(port: number): Promise<Changed> {
    if (this.#nodes.has(port)) return {port, already: true}
    try {
      const {startConfiguredNode} = await import('../../engine/library/configured-node.js')
      const file = this.#folder.nodeFile(port, NODE_CONF)
      const text = readFileSync(file, 'latin1')
      const directory = this.#folder.nodeFolder(port)
      const isNew = !existsSync(this.#folder.nodeFile(port, 'nodes.conf'))
      const node = await startConfiguredNode({text, directory, file: {path: file, text}}, {isNew})
      this.#nodes.set(port, {node, startedMs: Date.now()})
      forgetEnd(this.#folder, port)
      void node.ended.then((end) => this.#forget(port, node, end))
      return {port, already: false}
    } catch (error) {
      return {port, already: false, error: messageOf(error)}
    }
  }

  /** One that has ended meanwhile is stopped, too. */
  async #stopOne(port: number): Promise<Ended> {
    const held = this.#nodes.get(port)
    if (held === undefined) return {port}
    try {
      await held.node.shutDown()
      if (this.#nodes.get(port) === held) this.#nodes.delete(port)
      return {port}
    } catch (error) {
      return {port, error: messageOf(error)}
    }
  }

  /** A client's SHUTDOWN ends a node as well, a kill or a crash, too: these are told until it starts again. */
  #forget(port: number, node: EngineNode, {how}: Awaited<EngineNode['ended']>): void {
    if (this.#nodes.get(port)?.node !== node) return
    this.#nodes.delete(port)
    if (how !== 'shutdown') noteEnd(this.#folder, port, how === 'crash' ? 'crashed' : 'killed')
    this.#endIfEmpty()
  }

  /** Once the answer that is under way has left. */
  #endIfEmpty(): void {
    setImmediate(() => {
      if (this.#nodes.size === 0 && this.#turns.isIdle) this.#release()
    })
  }

  #report(): Promise<RunningNode[]> {
    const held = [...this.#nodes].sort(([a], [b]) => a - b)
    return Promise.all(
      held.map(async ([port, {node, startedMs}]) => {
        const faults = toListedFaults(node.faults)
        const stopping = node.stopping ?? null
        return {port, host: node.host, startedMs, faults, stopping, ...(await node.describe())}
      }),
    )
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
