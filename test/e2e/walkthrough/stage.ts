/** Where the walkthrough is played: a folder, a shell, and the ports that its reader knows as 7000 to 7007. */
import {spawn} from 'node:child_process'
import {createHash} from 'node:crypto'
import {chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {freePortRange} from '../../support/free-ports.js'
import {PROJECT_ROOT} from '../../support/project-root.js'
import {command} from '../../support/resp.js'
import {BIN, NODE} from '../../support/run-cli.js'
import {openTerminal} from '../../support/terminal.js'
import {until} from '../../support/until.js'
import {type Played} from './document.js'
import {screenOf} from './screen.js'
import {type Answer, type Condition, type Step} from './story.js'

const FIRST_SHOWN = 7000
const NODES = 8
const BUS_OFFSET = 10_000
/** Of a busy machine: 22 programs in a row for each processor make everything ten times as slow. */
const CONDITION_TIMEOUT_MS = 90_000
const LINE_TIMEOUT_MS = 120_000

interface Ended {
  readonly output: string
  readonly code: number | null
}

export class Stage {
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), 'tscluster-walkthrough-'))
  readonly #firstPort: number
  /** The ids that the reader sees, by the real ones. They are the same in every run. */
  readonly #shownIds = new Map<string, string>()
  /** By shown port: the real ids that its node has had. */
  readonly #ids = new Map<number, string[]>()
  readonly #atExit = (): void => this.#killServers()

  private constructor(firstPort: number) {
    this.#firstPort = firstPort
    process.once('exit', this.#atExit)
    for (const folder of ['bin', 'cluster']) mkdirSync(path.join(this.#folder, folder))
    this.#install('tscluster', BIN)
    this.#install('tscluster-server', path.join(PROJECT_ROOT, 'bin', 'tscluster-server.js'))
  }

  static async open(): Promise<Stage> {
    return new Stage(await freePortRange(NODES))
  }

  /** One step. @throws Error when it ends otherwise than the story says */
  async play({line, when = [], answers, exitCode = 0}: Step): Promise<Played> {
    for (const condition of when) await this.#untilSo(condition)
    await this.#lookAround()
    const real = this.#withRealNames(line)
    const {output, code} = answers === undefined ? await this.#inShell(real) : await this.#onTerminal(real, answers)
    await this.#lookAround()
    const played = {
      line: this.#withShownIds(line),
      output: `${asText(this.#withShownNames(output)).trimEnd()}\n`.trimStart(),
    }
    if (code !== exitCode) throw new Error(`ended with ${code}: ${played.line}\n${played.output}`)
    return played
  }

  close(): void {
    process.off('exit', this.#atExit)
    this.#killServers()
    rmSync(this.#folder, {recursive: true, force: true, maxRetries: 3})
  }

  #install(name: string, script: string): void {
    const file = path.join(this.#folder, 'bin', name)
    writeFileSync(file, `#!/bin/sh\nexec "${NODE}" "${script}" "$@"\n`)
    chmodSync(file, 0o755)
  }

  get #cwd(): string {
    return path.join(this.#folder, 'cluster')
  }

  /** Whoever runs the tests has no part in it. */
  get #env(): NodeJS.ProcessEnv {
    const unwanted = ['FORCE_COLOR', 'NODE_OPTIONS', 'REDISCLI_AUTH', 'TSCLUSTER_PASSWORD']
    const own = Object.entries(process.env).filter(([name]) => !unwanted.includes(name))
    const searched = [path.join(this.#folder, 'bin'), process.env['PATH'] ?? '']
    return {...Object.fromEntries(own), PATH: searched.join(path.delimiter)}
  }

  /** Both streams through one pipe, in the order in which they were written. */
  #inShell(line: string): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const child = spawn('sh', ['-c', `exec 2>&1\n${line}`], {
        cwd: this.#cwd,
        env: this.#env,
        stdio: ['ignore', 'pipe', 'inherit'],
        timeout: LINE_TIMEOUT_MS,
      })
      let output = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
      child.once('error', reject)
      child.once('close', (code) => resolve({output, code}))
    })
  }

  async #onTerminal(line: string, answers: readonly Answer[]): Promise<Ended> {
    const [, ...words] = line.split(' ')
    const terminal = openTerminal(words, {cwd: this.#cwd})
    try {
      for (const {question, choose, type, press = 'enter'} of answers) {
        await terminal.expect(question)
        if (choose !== undefined) {
          const choice = this.#withRealNames(choose)
          await terminal.expect(new RegExp(choice.replaceAll('.', '\\.')))
          terminal.press(...new Array<'down'>(linesDown(screenOf(terminal.raw), choice)).fill('down'))
        }
        if (type !== undefined) terminal.type(type)
        terminal.press(press)
      }
      const code = await terminal.exitCode(LINE_TIMEOUT_MS)
      return {output: `${screenOf(terminal.raw).join('\n').trimEnd()}\n`, code}
    } finally {
      await terminal.close()
    }
  }

  async #untilSo({nodes, ask, says}: Condition): Promise<void> {
    let last = ''
    const holds = async (port: number): Promise<boolean> => {
      last = this.#withShownNames(String(await command(this.#target(port), ...ask.split(' '))))
      return says.test(last)
    }
    for (const port of nodes) {
      await until(() => holds(port), {
        timeoutMs: CONDITION_TIMEOUT_MS,
        what: `${ask} of ${port} to say ${String(says)}`,
      }).catch((error: unknown) => {
        throw new Error(`${(error as Error).message}; it says:\n${last}`, {cause: error})
      })
    }
  }

  /** Who is alive, and under which id: a reset gives a node another one. */
  async #lookAround(): Promise<void> {
    const ports = Array.from({length: NODES}, (_, index) => FIRST_SHOWN + index)
    await Promise.all(
      ports.map(async (port) => {
        try {
          this.#remember(port, String(await command(this.#target(port), 'CLUSTER', 'MYID')))
        } catch {
          // Not started yet, or ended: then it has nothing to tell.
        }
      }),
    )
  }

  #remember(port: number, id: string): void {
    const ids = this.#ids.get(port) ?? []
    if (ids.at(-1) === id) return
    ids.push(id)
    this.#ids.set(port, ids)
    this.#shownIds.set(id, createHash('sha1').update(`walkthrough ${port} ${ids.length}`).digest('hex'))
  }

  #target(port: number): {host: string; port: number} {
    return {host: '127.0.0.1', port: port - FIRST_SHOWN + this.#firstPort}
  }

  #withRealNames(text: string): string {
    return text
      .replace(/<(70\d\d)>/g, (_, port: string) => this.#ids.get(Number(port))!.at(-1)!)
      .replace(/\b700[0-7]\b/g, (port) => String(this.#target(Number(port)).port))
  }

  /** The command as the document has it. */
  #withShownIds(line: string): string {
    return line.replace(/<(70\d\d)>/g, (_, port: string) => this.#shownIds.get(this.#ids.get(Number(port))!.at(-1)!)!)
  }

  #withShownNames(text: string): string {
    const byPrefix = new Map([...this.#shownIds].map(([real, shown]) => [real.slice(0, 8), shown.slice(0, 8)]))
    const named = text
      .replace(/\b[0-9a-f]{40}\b/g, (id) => this.#shownIds.get(id) ?? id)
      .replace(/\b[0-9a-f]{8}\b/g, (id) => byPrefix.get(id) ?? id)
      .replace(/(?<=127\.0\.0\.1:|@|(?:^|\s):)\d{4,5}\b/gm, (digits) => this.#shownPort(Number(digits)) ?? digits)
    return inOrder(named)
  }

  #shownPort(port: number): string | undefined {
    for (const offset of [0, BUS_OFFSET]) {
      const index = port - offset - this.#firstPort
      if (index >= 0 && index < NODES) return String(FIRST_SHOWN + offset + index)
    }
    return undefined
  }

  /** Servers in the background, by their pid files: none is left behind. */
  #killServers(): void {
    for (let index = 0; index < NODES; index++) {
      try {
        const file = path.join(this.#cwd, String(this.#firstPort + index), 'server.pid')
        process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL')
      } catch {
        // It was never started, or has ended before.
      }
    }
  }
}

/** CLUSTER INFO ends its lines as in a protocol; a document in a repository does not. */
function asText(output: string): string {
  return output.replaceAll('\r\n', '\n')
}

/** How often `down` must be pressed until the choice is the marked one. */
function linesDown(lines: readonly string[], choice: string): number {
  const marked = lines.findLastIndex((each) => each.startsWith('❯'))
  return Math.max(0, lines.findLastIndex((each) => each.slice(2).startsWith(choice)) - marked)
}

const NODE_LINE = /^(?<caller>127\.0\.0\.1:\d+: )?(?<rest>[0-9a-f]{40} (?<address>\S*)@.*)$/

/** The lines of CLUSTER NODES come in no order that means anything: in the order of their ports, and all at one time. */
function inOrder(text: string): string {
  const lines = text.split('\n')
  const rows = lines.map((line) => NODE_LINE.exec(line)?.groups)
  const result: string[] = []
  for (let at = 0; at < lines.length; at++) {
    const run = rows.slice(at).findIndex((row) => row === undefined)
    const length = rows[at] === undefined ? 1 : run < 0 ? lines.length - at : run
    if (rows[at] === undefined) result.push(lines[at]!)
    else {
      const sorted = rows.slice(at, at + length).toSorted((a, b) => (a!['address']! < b!['address']! ? -1 : 1))
      result.push(...sorted.map((row, index) => `${index === 0 ? (rows[at]!['caller'] ?? '') : ''}${row!['rest']!}`))
    }
    at += length - 1
  }
  return result.join('\n')
}
