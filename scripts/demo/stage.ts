/** Where the demo plays: nodes on loopback, the program run as a user runs it, and all of it gone afterwards. */
import {spawn} from 'node:child_process'
import path from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {castEngine, castRealServers, type Cast} from './cast.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const INTERRUPTED = 130

export class Stage {
  readonly #cast: Cast
  readonly #program: string
  /** Nothing here is worth finishing: the cluster goes away with the demo. */
  readonly #leave = (): void => {
    this.tell('\nInterrupted: the nodes are stopped and their folders removed.')
    void this.#cast.dismiss().finally(() => process.exit(INTERRUPTED))
  }
  #chapters = 0

  private constructor(program: string, cast: Cast) {
    this.#program = program
    this.#cast = cast
    for (const signal of SIGNALS) process.on(signal, this.#leave)
  }

  /**
   * @param real on real servers, not on the bundled engine
   * @throws Error when no real server is installed, or nothing starts
   */
  static async open(root: string, count: number, real: boolean): Promise<Stage> {
    const program = path.join(root, 'bin', 'run.js')
    const stage = new Stage(program, real ? await castRealServers(count) : await castEngine(program, count))
    stage.tell(`\ntscluster, shown on ${count} ${stage.#cast.what} on this machine`)
    return stage
  }

  get nodes(): Cast['nodes'] {
    return this.#cast.nodes
  }

  /** In the order of their ports. */
  get addresses(): string[] {
    return this.#cast.nodes.map(({address}) => address)
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

  /** Stops the nodes and removes their folders. */
  async close(): Promise<void> {
    for (const signal of SIGNALS) process.off(signal, this.#leave)
    await this.#cast.dismiss()
    this.tell('\nThe nodes are stopped and their folders removed.')
  }

  /** Both streams go to standard output: for a reader they are one story. */
  #run(args: readonly string[]): Promise<number | null> {
    return new Promise((resolve, reject) => {
      const {fd} = process.stdout
      const child = spawn(process.execPath, [this.#program, ...args], {
        env: {...process.env, ...this.#cast.env},
        stdio: ['ignore', fd, fd],
      })
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
