/** `tscluster-server`: one node in the foreground, with redis-server's command line, log and manners. */
import {spawn} from 'node:child_process'
import {readFileSync, rmSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {type LogSink, sinkOf} from '../host/log-file.js'
import {ListenError, listenWarning} from '../host/listener.js'
import {type NodeHost, startNodeHost} from '../host/node-host.js'
import {type Config} from '../server/config.js'
import {reasonOf} from '../host/system-error.js'
import {textOf} from '../host/utf8.js'
import {ConfigError, readConfig} from './read-config.js'
import {DETACHED_MARK, parseServerArguments, type ServerRequest} from './server-command-line.js'
import {helpText, logLine, openingLines, signalLine, versionText} from './server-texts.js'
import {boundYoungGeneration} from './young-generation.js'

type RunRequest = Extract<ServerRequest, {kind: 'run'}>

/** The parts of a configuration, in the order in which they win over what comes before. */
interface Texts {
  readonly file: string
  readonly input: string
}

/**
 * Runs until the node ends. The process's exit code is Redis': 0 after SHUTDOWN, 1 when it could not start or go on; a crash ends it
 * by its signal, which a shell tells as 139 (SIGSEGV) or 134 (SIGABRT).
 */
export async function runServerProgram(args: readonly string[]): Promise<void> {
  const request = parseServerArguments(args)
  switch (request.kind) {
    case 'version':
      process.stdout.write(versionText())
      return
    case 'help':
      process.stderr.write(helpText())
      process.exitCode = 1
      return
    case 'unsupported':
      process.stderr.write(`${request.option} is not supported by tscluster-server\n`)
      process.exitCode = 1
      return
    case 'run':
      return run(request, args)
  }
}

async function run(request: RunRequest, args: readonly string[]): Promise<void> {
  const texts = readTexts(request)
  if (texts === undefined) return
  const config = configOf(request, texts)
  if (config === undefined) return
  if (config.flag('daemonize') && !request.isDetached) return detach(args, texts.input)
  await serve(request, config)
}

/** @returns undefined when the file cannot be read: that has been said */
function readTexts({file, readsInput, isDetached}: RunRequest): Texts | undefined {
  try {
    const text = file === undefined ? '' : readFileSync(file, 'latin1')
    if (readsInput && !isDetached) process.stdout.write(`${logLine('C', 'warning', 'Reading config from stdin')}\n`)
    return {file: text, input: readsInput ? readFileSync(0, 'latin1') : ''}
  } catch (error) {
    const why = `Fatal error, can't open config file '${path.resolve(file ?? '-')}': ${reasonOf(error)}`
    process.stdout.write(`${logLine('C', 'warning', why)}\n`)
    process.exitCode = 1
    return undefined
  }
}

/** @returns undefined when it is wrong: that has been said */
function configOf({file, options}: RunRequest, texts: Texts): Config | undefined {
  const text = [texts.file, texts.input, options].filter((part) => part !== '').join('\n')
  // Redis counts an empty line for the file that is not there.
  const numbered = texts.file === '' && options !== '' ? `\n${text}` : text
  try {
    return readConfig({
      text: numbered,
      directory: process.cwd(),
      ...(file !== undefined && {file: {path: path.resolve(file), text: texts.file}}),
    })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    if (error.isUnreadable) process.stdout.write(`${logLine('C', 'warning', error.message)}\n`)
    else process.stderr.write(error.report)
    process.exitCode = 1
    return undefined
  }
}

/** `daemonize yes`: a process of its own goes on, without a terminal; this one is done. */
function detach(args: readonly string[], input: string): void {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, DETACHED_MARK, ...args], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input, 'latin1')
  child.unref()
}

async function serve(request: RunRequest, config: Config): Promise<void> {
  const directory = textOf(config.text('dir'))
  const log = sinkOf(config, directory)
  const mayTell = config.text('loglevel') !== 'warning'
  const say = (line: string): void => (mayTell || line.includes(' # ') ? log(line) : undefined)
  const hasConfiguration = request.file !== undefined || request.readsInput || request.options !== ''
  for (const line of openingLines(config, hasConfiguration)) say(line)
  boundYoungGeneration()
  let node: NodeHost
  try {
    node = await startNodeHost({config, settings: [], directory, log})
  } catch (error) {
    for (const line of failureLines(error)) log(line)
    process.exitCode = 1
    return
  }
  const removePidFile = writePidFile(config, directory, (level, text) => say(logLine(node.logRole, level, text)))
  const stopListening = shutDownOnSignals(node, log)
  const end = await node.closed
  stopListening()
  removePidFile()
  if (end.how === 'shutdown') log(logLine(node.logRole, 'warning', 'Redis is now ready to exit, bye bye...'))
  else if (end.signal !== undefined) return dieBy(end.signal)
  else process.exitCode = 1
  // Whatever a client left open must not keep a server that has ended.
  process.exit()
}

/** Whoever watches over servers tells a crash from an error by this. */
function dieBy(signal: NodeJS.Signals): void {
  process.kill(process.pid, signal)
  // Where a signal cannot do it (Windows), or comes late.
  process.exitCode = 1
}

function failureLines(error: unknown): string[] {
  const message = error instanceof Error ? error.message : String(error)
  const texts =
    error instanceof ListenError
      ? [listenWarning(error), `Failed listening on port ${error.port} (${error.isSecure ? 'TLS' : 'TCP'}), aborting.`]
      : [message]
  return texts.map((text) => logLine('M', 'warning', text))
}

/** Only where `pidfile` asks for one: Redis' default, /var/run/redis.pid, may be a real server's. */
function writePidFile(
  config: Config,
  directory: string,
  say: (level: 'notice' | 'warning', text: string) => void,
): () => void {
  const name = textOf(config.text('pidfile'))
  if (name === '') return () => undefined
  const file = path.resolve(directory, name)
  try {
    writeFileSync(file, `${process.pid}\n`)
  } catch (error) {
    say('warning', `Failed to write PID file: ${reasonOf(error)}`)
    return () => undefined
  }
  return () => {
    say('notice', 'Removing the pid file.')
    rmSync(file, {force: true})
  }
}

/** The first asks for a shutdown; a second Ctrl-C insists, as in Redis. */
function shutDownOnSignals(node: NodeHost, log: LogSink): () => void {
  let asked = false
  const heard = (signal: NodeJS.Signals): void => {
    if (asked && signal === 'SIGINT') {
      log(`${process.pid}:signal-handler (${Math.floor(Date.now() / 1000)}) You insist... exiting now.`)
      process.exit(1)
    }
    asked = true
    log(signalLine(signal))
    // Its log has said why when it goes on.
    node.stop().catch(() => (asked = false))
  }
  const ignored = (): void => undefined
  process.on('SIGINT', heard)
  process.on('SIGTERM', heard)
  // A server in the background outlives its terminal.
  process.on('SIGHUP', ignored)
  return () => {
    process.off('SIGINT', heard)
    process.off('SIGTERM', heard)
    process.off('SIGHUP', ignored)
  }
}
