/** `syslog-enabled`: the lines of a node for the system's log, by way of logger(1), which Linux and macOS have. */
import {type ChildProcess, spawn} from 'node:child_process'
import {type LogLevel} from '../ports.js'

export interface SyslogOptions {
  /** `syslog-ident`: each line begins with it, and with the process in brackets. */
  readonly ident: string
  /** `syslog-facility`: `user`, `local0`… */
  readonly facility: string
  readonly processId: number
  /** Told once, when lines cannot be handed over. */
  readonly onFailure: (why: string) => void
  /** Default: `logger`. */
  readonly program?: string
}

/** Source: Redis' syslogLevelMap. */
const PRIORITIES: Readonly<Record<LogLevel, string>> = {
  debug: 'debug',
  verbose: 'info',
  notice: 'notice',
  warning: 'warning',
}

/** One `logger` for each level that is used: its priority is fixed when it starts. Node has no datagram sockets in the file system. */
export class Syslog {
  readonly #options: SyslogOptions
  readonly #loggers = new Map<LogLevel, ChildProcess>()
  #failed = false

  constructor(options: SyslogOptions) {
    this.#options = options
  }

  write(level: LogLevel, text: string): void {
    if (this.#failed) return
    let logger = this.#loggers.get(level)
    if (logger === undefined) this.#loggers.set(level, (logger = this.#start(level)))
    logger.stdin?.write(`${text.replace(/[\r\n]+/g, ' ')}\n`)
  }

  /** What was written is still delivered. */
  close(): void {
    for (const logger of this.#loggers.values()) logger.stdin?.end()
    this.#loggers.clear()
  }

  #start(level: LogLevel): ChildProcess {
    const {ident, facility, processId, program = 'logger'} = this.#options
    const args = ['-t', `${ident}[${processId}]`, '-p', `${facility}.${PRIORITIES[level]}`]
    const logger = spawn(program, args, {stdio: ['pipe', 'ignore', 'ignore'], detached: true})
    logger.on('error', (error) => this.#fail(error.message))
    logger.stdin.on('error', (error) => this.#fail(error.message))
    // It must not keep a process alive that has nothing else to do.
    logger.unref()
    return logger
  }

  #fail(why: string): void {
    if (this.#failed) return
    this.#failed = true
    this.#options.onFailure(why)
  }
}
