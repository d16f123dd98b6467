/** From a command to the daemon of a state folder: is there one, start one, ask it. */
import {spawn} from 'node:child_process'
import {openSync, closeSync, readFileSync, rmSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {setTimeout as sleep} from 'node:timers/promises'
import {ManagerError} from '../../manager/error.js'
import {isAlive} from '../is-alive.js'
import type {Patience} from '../line-requests.js'
import {askDaemon, type DaemonAnswer, type DaemonRequest, type RunningNode} from './daemon-protocol.js'
import type {StateFolder} from './state-folder.js'

export type DaemonState =
  | {readonly kind: 'none'}
  /** It went without a word: killed, or the machine was started anew. */
  | {readonly kind: 'stale'; readonly pid: number}
  | {readonly kind: 'running'; readonly pid: number; readonly version: string; readonly nodes: readonly RunningNode[]}

const LOOK_LIMIT_MS = 5_000
const START_LIMIT_MS = 15_000
/** A daemon writes its record a moment before it listens. */
const BIRTH_MS = 2_000
const PAUSE_MS = 20
const WATCH_MS = 1000
const FIRST_WATCH_MS = 200
/** The longest wait that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1

/** @throws ManagerError `timed-out` when the process is there and does not answer */
export async function findDaemon(folder: StateFolder): Promise<DaemonState> {
  for (;;) {
    const record = folder.record()
    if (record === undefined) return {kind: 'none'}
    try {
      const answer = await askDaemon(record.socket, {do: 'status'}, {limitMs: LOOK_LIMIT_MS})
      if (answer.did === 'status') {
        return {kind: 'running', pid: answer.pid, version: answer.version, nodes: answer.nodes}
      }
      throw new ManagerError('protocol', `the engine's process ${record.pid} gives an answer that cannot be read`)
    } catch (error) {
      if (error instanceof ManagerError) throw error
      const {code} = error as NodeJS.ErrnoException
      if (code === 'ETIMEDOUT') throw hangs(record.pid)
      const isYoung = Date.now() - record.startedMs < BIRTH_MS && isAlive(record.pid)
      if (!isYoung) return {kind: 'stale', pid: record.pid}
    }
    await sleep(PAUSE_MS)
  }
}

/** Takes away what a daemon left that is gone. */
export function removeRecord(folder: StateFolder): void {
  rmSync(folder.recordFile, {force: true})
}

/**
 * The daemon of this folder; started when there is none.
 * @param meanwhile what to do while it starts
 * @throws ManagerError `io` when it does not come up, with what it said
 */
export async function ensureDaemon(folder: StateFolder, version: string, meanwhile?: () => void): Promise<void> {
  folder.make()
  const state = await findDaemon(folder)
  if (state.kind === 'running') return
  // What cannot be read is no record, but it is in the way.
  removeRecord(folder)
  await launch(folder, version, meanwhile)
}

/** @throws ManagerError when it is gone, hangs, or fails */
export async function ask<Kind extends DaemonAnswer['did']>(
  folder: StateFolder,
  request: DaemonRequest & {readonly do: Kind},
): Promise<Extract<DaemonAnswer, {did: Kind}>> {
  return askWithin<Kind>(folder, request, {})
}

/**
 * The same for what takes as long as it takes: a node that stops may wait for its replicas. The process is looked at every second
 * meanwhile, and once before, so that who waits knows soon for whom; while it answers, it is waited for.
 * @param tell hears of the nodes that wait
 * @throws ManagerError as `ask`
 */
export async function askPatiently<Kind extends 'stop' | 'restart'>(
  folder: StateFolder,
  request: DaemonRequest & {readonly do: Kind},
  tell: (waiting: readonly RunningNode[]) => void,
): Promise<Extract<DaemonAnswer, {did: Kind}>> {
  const watch = new AbortController()
  const answer = askWithin<Kind>(folder, request, {limitMs: LONGEST_MS, signal: watch.signal})
  const over = answer.then(
    () => true,
    () => true,
  )
  try {
    let pauseMs = FIRST_WATCH_MS
    while (!(await Promise.race([over, sleep(pauseMs, false, {ref: false})]))) {
      pauseMs = WATCH_MS
      const state = await findDaemon(folder)
      if (state.kind === 'running') tell(state.nodes.filter(({stopping}) => stopping !== null))
    }
    return await answer
  } finally {
    watch.abort()
  }
}

async function askWithin<Kind extends DaemonAnswer['did']>(
  folder: StateFolder,
  request: DaemonRequest & {readonly do: Kind},
  patience: Partial<Patience>,
): Promise<Extract<DaemonAnswer, {did: Kind}>> {
  const record = folder.record()
  if (record === undefined) throw new ManagerError('unreachable', `no engine runs in ${folder.path}`)
  const answer = await askDaemon(record.socket, request, patience).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ETIMEDOUT') throw hangs(record.pid)
    throw new ManagerError('unreachable', `the engine's process ${record.pid} is gone`, {
      hint: `see ${folder.logFile}`,
      cause: error,
    })
  })
  if (answer.did === request.do) return answer as Extract<DaemonAnswer, {did: Kind}>
  throw new ManagerError('io', answer.did === 'fail' ? answer.error : 'the engine answers something else')
}

/** Beside us, not below us: it goes on when we and our terminal are gone. */
async function launch(folder: StateFolder, version: string, meanwhile = (): void => undefined): Promise<void> {
  const log = openSync(folder.logFile, 'a', 0o600)
  const child = spawn(process.execPath, [...daemonProgram(), folder.path, version], {
    cwd: folder.path,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  const started = new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(() => resolve('it did not come up in time'), START_LIMIT_MS)
    const settle = (what: string | undefined): void => {
      clearTimeout(timer)
      resolve(what)
    }
    child.once('message', (message: {readonly error?: string}) => settle(message.error))
    child.once('error', (error) => settle(error.message))
    child.once('exit', () => settle(`it ended at once; its last words: ${lastLine(folder.logFile)}`))
  })
  meanwhile()
  const failure = await started
  if (child.connected) child.disconnect()
  child.unref()
  // Another command may have been quicker: then its daemon is ours.
  if (failure === undefined || (await findDaemon(folder)).kind === 'running') return
  throw new ManagerError('io', `the engine cannot be started: ${failure}`, {hint: `see ${folder.logFile}`})
}

/** From the bundle it has a front door; from the sources (bin/dev.js) it is run by way of tsx. */
function daemonProgram(): readonly string[] {
  const beside = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
  if (!import.meta.url.endsWith('.ts')) return [beside('../bin/engine-daemon.js')]
  const program = "import('./daemon-main.ts').then(({runDaemon}) => runDaemon(...process.argv.slice(1)))"
  return [
    '--import',
    import.meta.resolve('tsx'),
    '--eval',
    program.replace('./daemon-main.ts', beside('daemon-main.ts')),
    '--',
  ]
}

function hangs(pid: number): ManagerError {
  return new ManagerError('timed-out', `the engine's process ${pid} does not answer`, {
    hint: `it is very busy or hangs; \`kill -9 ${pid}\` ends it`,
  })
}

function lastLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? ''
  } catch {
    return ''
  }
}
