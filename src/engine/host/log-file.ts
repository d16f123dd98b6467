/** The log of a node, line by line as Redis writes it: `1234:M 21 Nov 2026 08:56:01.123 * text`. */
import {appendFileSync} from 'node:fs'
import path from 'node:path'
import {type LogLevel, type LogLine} from '../ports.js'
import {type Config} from '../server/config.js'
import {type Syslog} from './syslog.js'
import {textOf} from './utf8.js'

/** Who speaks: a primary, a replica, a child that saves, a sentinel. */
export type LogRole = 'M' | 'S' | 'C' | 'X'

const LEVELS: readonly LogLevel[] = ['debug', 'verbose', 'notice', 'warning']
const LEVEL_SIGNS: Readonly<Record<LogLevel, string>> = {debug: '.', verbose: '-', notice: '*', warning: '#'}
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Takes one whole line without its end. */
export type LogSink = (line: string) => void

/**
 * The sink for a `logfile` directive: appends to that file, which a log rotation may take away between two lines. A line that cannot
 * be written is lost, as in Redis: a full disk must not end a node that can go on without it.
 */
function fileSink(file: () => string): LogSink {
  return (line) => {
    try {
      appendFileSync(file(), `${line}\n`)
    } catch {
      // There is nowhere to say so.
    }
  }
}

export function stdoutSink(line: string): void {
  process.stdout.write(`${line}\n`)
}

/**
 * Where the `logfile` directive wants the lines: a file, relative to the folder that the node works in at that moment, or standard
 * output.
 */
export function sinkOf(config: Config, directory: string): LogSink {
  const file = textOf(config.text('logfile'))
  return file === '' ? stdoutSink : fileSink(() => path.resolve(directory, textOf(config.text('dir')), file))
}

export class LogFile {
  /** Lines below it are dropped: the `loglevel` directive. */
  level: LogLevel = 'notice'
  /** Gets them as well. */
  syslog: Syslog | undefined
  readonly #sink: LogSink
  readonly #processId: number

  constructor(sink: LogSink, processId: number) {
    this.#sink = sink
    this.#processId = processId
  }

  write({level, text, raw}: LogLine, role: LogRole, nowMs: number): void {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(this.level)) return
    this.#sink(raw === true ? text : formatLogLine({level, text}, {role, nowMs, processId: this.#processId}))
    this.syslog?.write(level, text)
  }
}

/** In local time, as Redis has it. */
export function formatLogLine(
  {level, text}: LogLine,
  {role, nowMs, processId}: {readonly role: LogRole; readonly nowMs: number; readonly processId: number},
): string {
  const time = new Date(nowMs)
  const day = `${pad(time.getDate(), 2)} ${MONTHS[time.getMonth()]} ${time.getFullYear()}`
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) => pad(part, 2)).join(':')
  return `${processId}:${role} ${day} ${clock}.${pad(time.getMilliseconds(), 3)} ${LEVEL_SIGNS[level]} ${text}`
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0')
}
