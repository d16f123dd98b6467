/** The program under a pseudo-terminal (`script` of util-linux), driven as a person would: wait for words, type, read. */
import {spawn, type ChildProcess} from 'node:child_process'
import {existsSync} from 'node:fs'
import {PROJECT_ROOT} from './project-root.js'
import {BIN, NODE, STATE_HOME} from './run-cli.js'
import {until} from './until.js'

export interface TerminalOptions {
  readonly env?: Readonly<Record<string, string>>
  /** Columns and rows. Default 100 × 40. */
  readonly size?: readonly [columns: number, rows: number]
  readonly cwd?: string
}

const SCRIPT = '/usr/bin/script'
const EXPECT_TIMEOUT_MS = 15_000

const KEYS = {
  enter: '\r',
  up: '\u001b[A',
  down: '\u001b[B',
  space: ' ',
  tab: '\t',
  backspace: '\u007f',
  'ctrl-c': '\u0003',
  'ctrl-d': '\u0004',
} as const

export type Key = keyof typeof KEYS

const open = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of open) child.kill('SIGKILL')
})

/** Whether this machine has the `script` that the suites need. */
export function hasTerminal(): boolean {
  return process.platform === 'linux' && existsSync(SCRIPT)
}

/** A mocha suite that needs a terminal. Without one it is not registered, and a notice says so; in CI it fails. */
export function describeInTerminal(title: string, suite: () => void): void {
  if (hasTerminal()) {
    describe(title, function () {
      this.timeout(60_000)
      suite()
    })
  } else if (process.env['CI'] === 'true') {
    describe(title, () => {
      it('has util-linux script', () => {
        throw new Error(`${SCRIPT} is missing: install util-linux (bsdutils on Debian)`)
      })
    })
  } else {
    process.stderr.write(`  (not run: "${title}" needs ${SCRIPT})\n`)
  }
}

/** Starts `tscluster <args>` on a terminal of its own. */
export function openTerminal(args: readonly string[], options: TerminalOptions = {}): Terminal {
  return new Terminal([NODE, BIN, ...args], options)
}

export class Terminal {
  readonly #child: ChildProcess
  readonly #ended: Promise<number | null>
  readonly #name: string
  #output = ''
  #read = 0

  constructor(command: readonly string[], {env = {}, size = [100, 40], cwd = PROJECT_ROOT}: TerminalOptions) {
    this.#name = command.slice(1).join(' ')
    const sized = `stty cols ${size[0]} rows ${size[1]}; exec ${command.map(quote).join(' ')}`
    const environment = {...process.env, XDG_STATE_HOME: STATE_HOME, TERM: 'xterm-256color', ...env}
    this.#child = spawn(SCRIPT, ['-qfec', sized, '/dev/null'], {
      cwd,
      env: environment,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    open.add(this.#child)
    this.#child.stdin!.on('error', () => undefined)
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        open.delete(this.#child)
        resolve(code)
      })
    })
  }

  /** Everything that was printed, without colours and cursor movements. */
  get text(): string {
    return plain(this.#output)
  }

  /** Everything that was printed, with them. */
  get raw(): string {
    return this.#output
  }

  /**
   * Waits for the pattern in what was printed since the last match.
   * @throws Error that quotes what was printed instead.
   */
  async expect(pattern: RegExp, timeoutMs = EXPECT_TIMEOUT_MS): Promise<RegExpExecArray> {
    const match = await until(
      () => new RegExp(pattern, pattern.flags.replace('g', '')).exec(this.text.slice(this.#read)),
      {
        timeoutMs,
        what: `${String(pattern)} on the terminal of ${this.#name}`,
      },
    ).catch((error: unknown) => {
      throw new Error(`${(error as Error).message}; it printed:\n${this.text.slice(this.#read)}`, {cause: error})
    })
    this.#read += match.index + match[0].length
    return match
  }

  type(text: string): void {
    this.#child.stdin!.write(text)
  }

  press(...keys: readonly Key[]): void {
    for (const key of keys) this.type(KEYS[key])
  }

  /** Waits for the program's end and returns its exit code. @throws Error when it goes on. */
  async exitCode(timeoutMs = EXPECT_TIMEOUT_MS): Promise<number | null> {
    let code: number | null | undefined
    void this.#ended.then((ended) => (code = ended))
    await until(() => code !== undefined, {timeoutMs, what: `the end of ${this.#name}, which printed:\n${this.text}`})
    return code ?? null
  }

  /** Ends the program if it still runs. */
  async close(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}

/** CSI and OSC sequences away, carriage returns away. */
function plain(text: string): string {
  const escape = String.fromCharCode(0x1b)
  const bell = String.fromCharCode(0x07)
  const control = new RegExp(`${escape}\\[[0-9;?]*[ -/]*[@-~]|${escape}\\][^${bell}]*${bell}|${escape}[=>78]`, 'g')
  return text.replace(control, '').replaceAll('\r', '')
}
