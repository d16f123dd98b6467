/** Servers as child processes: started on free loopback ports, each in a folder of its own, and never left behind. */
import {spawn, type ChildProcess} from 'node:child_process'
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {freePort, giveBackPort} from './free-ports.js'
import {serverCommand, type Flavour} from './installed-servers.js'
import {command, RespError, type RespTarget, type RespValue} from './resp.js'
import {configFile, type StartOptions} from './server-config.js'
import {clientTls} from './tls-files.js'
import {until} from './until.js'

export type {StartOptions} from './server-config.js'

/** One running (or killed, or paused) server. */
export interface ServerNode extends RespTarget {
  readonly host: string
  readonly port: number
  /** `host:port`, IPv6 in brackets: as tscluster takes it. */
  readonly address: string
  readonly directory: string
  readonly process: ChildProcess
}

const START_TIMEOUT_MS = 40_000
const START_TRIES = 5

const FOLDER_PREFIX = 'tscluster-test-'

const folders = new Set<string>()
const running = new Set<ChildProcess>()
const fleets = new Set<ServerNodes>()

// The last resort: hooks stop the servers of a suite, but a run can also end in the middle of one.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, {recursive: true, force: true})
})

// A run that was killed could not tidy up; its folders carry its process id.
for (const name of readdirSync(os.tmpdir()).filter((each) => each.startsWith(FOLDER_PREFIX))) {
  const pid = Number(/^\d+/.exec(name.slice(FOLDER_PREFIX.length))?.[0])
  if (pid > 0 && !isAlive(pid)) rmSync(path.join(os.tmpdir(), name), {recursive: true, force: true})
}

/** Starts `count` servers side by side and waits until each answers. @throws Error with the server's log when one does not. */
export async function startNodes(flavour: Flavour, count: number, options: StartOptions = {}): Promise<ServerNodes> {
  const fleet = new ServerNodes(flavour, options)
  await fleet.add(count)
  return fleet
}

/** Stops every server that this process started. */
export async function stopAllNodes(): Promise<void> {
  await Promise.all([...fleets].map((fleet) => fleet.stop()))
}

/** A handful of servers of one flavour, numbered from 0 in the order in which they were started. */
export class ServerNodes implements Iterable<ServerNode> {
  readonly flavour: Flavour
  readonly #options: StartOptions
  readonly #nodes: ServerNode[] = []

  constructor(flavour: Flavour, options: StartOptions) {
    this.flavour = flavour
    this.#options = options
    fleets.add(this)
  }

  get length(): number {
    return this.#nodes.length
  }

  get addresses(): string[] {
    return this.#nodes.map((node) => node.address)
  }

  node(index: number): ServerNode {
    const node = this.#nodes[index]
    if (node === undefined) throw new Error(`there is no node ${index}: ${this.length} were started`)
    return node
  }

  [Symbol.iterator](): Iterator<ServerNode> {
    return this.#nodes[Symbol.iterator]()
  }

  /** Starts more servers with the options of the first ones. */
  async add(count: number): Promise<ServerNode[]> {
    const first = this.#nodes.length
    const started = await Promise.all(
      Array.from({length: count}, (_, offset) => startSomewhere(this.flavour, this.#options, first + offset)),
    )
    this.#nodes.push(...started)
    return started
  }

  /** One command to one node. @throws RespError on an error reply. */
  command(index: number, ...words: readonly (string | number)[]): Promise<RespValue> {
    return command(this.node(index), ...words)
  }

  /** What `CONFIG GET` says. */
  async configOf(index: number, name: string): Promise<string> {
    const [, value] = (await this.command(index, 'CONFIG', 'GET', name)) as string[]
    return value ?? ''
  }

  log(index: number): string {
    return readLog(this.node(index).directory)
  }

  /** As the out-of-memory killer does it: without goodbye. */
  async kill(index: number): Promise<void> {
    await end(this.node(index).process)
  }

  /** The process stays, its connections stay open, nothing is answered. */
  pause(index: number): void {
    this.node(index).process.kill('SIGSTOP')
  }

  resume(index: number): void {
    this.node(index).process.kill('SIGCONT')
  }

  /** On the same port, with the same folder, so with the same nodes.conf. */
  async restart(index: number): Promise<ServerNode> {
    const old = this.node(index)
    await end(old.process)
    const node = {...old, process: launch(this.flavour, old.directory)}
    await untilAnswering(node)
    this.#nodes[index] = node
    return node
  }

  /** Kills all of them and removes their folders. Safe to repeat. */
  async stop(): Promise<void> {
    fleets.delete(this)
    await Promise.all(this.#nodes.map((node) => end(node.process)))
    for (const {directory, port} of this.#nodes) {
      removeFolder(directory)
      giveBackPort(port)
    }
  }
}

/** Another process may take the port between our look and the server's bind: then once more, elsewhere. */
async function startSomewhere(flavour: Flavour, options: StartOptions, index: number): Promise<ServerNode> {
  const host = typeof options.host === 'function' ? options.host(index) : (options.host ?? '127.0.0.1')
  for (let tries = 1; ; tries++) {
    const port = await freePort(host)
    const directory = mkdtempSync(path.join(os.tmpdir(), `${FOLDER_PREFIX}${process.pid}-`))
    folders.add(directory)
    writeFileSync(path.join(directory, 'server.conf'), configFile(host, port, directory, options))
    const node = {...target(host, port, options), address: formatHostPort(host, port), directory}
    const child = launch(flavour, directory)
    try {
      const started = {...node, process: child}
      await untilAnswering(started)
      return started
    } catch (error) {
      const log = readLog(directory)
      await end(child)
      removeFolder(directory)
      if (tries >= START_TRIES || !log.includes('Address already in use')) {
        throw new Error(`${flavour} did not start on ${node.address}:\n${log}`, {cause: error})
      }
    }
  }
}

function launch(flavour: Flavour, directory: string): ChildProcess {
  const words = [...serverCommand(flavour), path.join(directory, 'server.conf')]
  // Where there is setpriv the kernel ends the server with us, even when we are killed.
  const [program, ...args] = existsSync('/usr/bin/setpriv')
    ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL', ...words]
    : words
  const child = spawn(program!, args, {stdio: ['ignore', 'ignore', 'ignore'], cwd: directory})
  running.add(child)
  child.once('exit', () => running.delete(child))
  child.once('error', () => running.delete(child))
  return child
}

async function untilAnswering(node: ServerNode): Promise<void> {
  await until(
    async () => {
      if (hasEnded(node.process)) throw new ServerEnded(`the server on ${node.address} ended at once`)
      return (await command(node, 'PING').catch(asLoading)) === 'PONG' && (await isOurs(node))
    },
    {timeoutMs: START_TIMEOUT_MS, what: `the server on ${node.address} to answer PING`, giveUpOn: ServerEnded},
  )
}

/** Another process may have taken the port meanwhile: then it is its server that answers, and ours is about to end. */
async function isOurs(node: ServerNode): Promise<boolean> {
  const info = String(await command(node, 'INFO', 'server'))
  return /^process_id:(\d+)/m.exec(info)?.[1] === String(node.process.pid)
}

class ServerEnded extends Error {}

function asLoading(error: unknown): RespValue {
  if (error instanceof RespError && error.message.startsWith('LOADING')) return null
  throw error
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

async function end(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function removeFolder(directory: string): void {
  rmSync(directory, {recursive: true, force: true})
  folders.delete(directory)
}

function readLog(directory: string): string {
  const file = path.join(directory, 'server.log')
  return existsSync(file) ? readFileSync(file, 'utf8') : '(no log)'
}

function target(host: string, port: number, {password, aclUser, tls}: StartOptions): RespTarget {
  return {
    host,
    port,
    username: aclUser?.name,
    password: aclUser?.password ?? password,
    tls: tls === true ? clientTls() : undefined,
  }
}

function formatHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
