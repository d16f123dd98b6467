/** Where the demo plays: real servers on loopback, the program run as a user runs it, and all of it gone afterwards. */
import {spawn} from 'node:child_process'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {FLAVOURS, findProgram, type Flavour} from '../../test/support/installed-servers.js'
import {startNodes, stopAllNodes, type ServerNodes} from '../../test/support/server-nodes.js'

/** The first that starts is taken. */
const NEWEST_FIRST: readonly Flavour[] = ['valkey-9.1', 'redis-8.0', 'valkey-8.1', 'redis-7.0']
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const INTERRUPTED = 130

export class Stage {
  readonly nodes: ServerNodes
  readonly #program: string
  #chapters = 0

  private constructor(root: string, nodes: ServerNodes) {
    this.#program = path.join(root, 'bin', 'run.js')
    this.nodes = nodes
  }

  /** @throws Error when no real server is installed, or none starts */
  static async open(root: string, servers: number): Promise<Stage> {
    for (const signal of SIGNALS) process.on(signal, leave)
    const failures: string[] = []
    for (const flavour of NEWEST_FIRST.filter((each) => findProgram(each) !== undefined)) {
      try {
        const stage = new Stage(root, await startNodes(flavour, servers))
        const [product, version] = flavour.split('-')
        stage.tell(`\ntscluster, shown on ${servers} real servers (${product} ${version}) on this machine`)
        return stage
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error))
      }
    }
    const missing = `no real server is here (looked for ${FLAVOURS.join(', ')})`
    throw new Error(
      `${failures[0] ?? missing}; install redis-server or valkey-server, or run scripts/install-servers as root`,
    )
  }

  /** In the order of their ports. */
  get addresses(): string[] {
    return [...this.nodes].sort((a, b) => a.port - b.port).map(({address}) => address)
  }

  tell(text: string): void {
    process.stdout.write(`${text}\n`)
  }

  chapter(title: string): void {
    this.#chapters++
    this.tell(`\n${this.#chapters}. ${title}\n`)
  }

  pause(ms: number): Promise<void> {
    return sleep(ms)
  }

  /**
   * Shows the command line, runs it, and shows what it says.
   * @throws Error when it fails
   */
  async tscluster(...args: readonly string[]): Promise<void> {
    this.tell(`$ tscluster ${args.join(' ')}`)
    const code = await this.#run(args)
    if (code !== 0) throw new Error(`tscluster ${args[0]} ended with exit code ${code}`)
  }

  /** Stops the servers and removes their folders. */
  async close(): Promise<void> {
    for (const signal of SIGNALS) process.off(signal, leave)
    await this.nodes.stop()
    this.tell('\nThe servers are stopped and their folders removed.')
  }

  /** Both streams go to standard output: for a reader they are one story. */
  #run(args: readonly string[]): Promise<number | null> {
    return new Promise((resolve, reject) => {
      const {fd} = process.stdout
      const child = spawn(process.execPath, [this.#program, ...args], {stdio: ['ignore', fd, fd]})
      const endWithUs = (): unknown => child.kill('SIGKILL')
      process.once('exit', endWithUs)
      child.once('error', reject)
      child.once('close', (code) => {
        process.off('exit', endWithUs)
        resolve(code)
      })
    })
  }
}

/** Nothing here is worth finishing: the cluster goes away with the demo. */
function leave(): void {
  process.stdout.write('\nInterrupted: the servers are stopped and their folders removed.\n')
  void stopAllNodes().finally(() => process.exit(INTERRUPTED))
}
