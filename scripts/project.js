// What the scripts share. Plain JavaScript over Node's own modules: it runs before anything is installed or built.
import {spawn} from 'node:child_process'
import {existsSync, statSync} from 'node:fs'
import path from 'node:path'
import {fileURLToPath} from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The path of a program that a dependency brought: `node_modules/<name>`, run by this Node. */
export const dependency = (...parts) => path.join(ROOT, 'node_modules', ...parts)

/** In CI, or when asked for, a missing real server is a failure; elsewhere it is only less to test. */
export const SERVERS_REQUIRED = process.env.CI === 'true' || process.env.TSCLUSTER_REQUIRE_SERVERS === '1'

/** One line that says what is going on, on standard error: standard output is for results. */
export function say(text) {
  process.stderr.write(`\n> ${text}\n`)
}

/**
 * Runs a program in the project's root with our own streams.
 * `onLine` is handed each line of standard output, which is shown all the same. After `limitMs` it is
 * interrupted as by Ctrl-C, which it hands on to what it started itself.
 * @returns the exit code; 1 when a signal or the limit ended it
 */
export function run(program, args, {env = {}, onLine, cwd = ROOT, limitMs} = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: {...process.env, ...env},
      stdio: ['ignore', onLine === undefined ? 'inherit' : 'pipe', 'inherit'],
      timeout: limitMs,
      killSignal: 'SIGINT',
    })
    child.once('error', reject)
    if (onLine !== undefined) eachLine(child.stdout, onLine)
    child.once('close', (code) => resolve(child.killed ? 1 : (code ?? 1)))
  })
}

/** @throws Error that names the step when the program fails */
export async function runOrThrow(step, program, args, options) {
  const code = await run(program, args, options)
  if (code !== 0) throw new Error(`${step} failed (exit code ${code})`)
}

/** Runs npm with the Node that runs us, or says that there is none. */
export function npm(args, options) {
  // npm tells its scripts where it lies; without it the one on the PATH serves.
  const npmCli = process.env.npm_execpath
  const fromNpm = npmCli !== undefined && /npm-cli\.c?js$/.test(npmCli)
  const [program, first] = fromNpm ? [process.execPath, [npmCli]] : ['npm', []]
  return runOrThrow(`npm ${args[0]}`, program, [...first, ...args], options)
}

/** `npm ci` when node_modules is absent or older than the lock file. */
export async function ensureDependencies() {
  const installed = path.join(ROOT, 'node_modules', '.package-lock.json')
  const lock = path.join(ROOT, 'package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  say('installing dependencies')
  await npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'])
}

/** Installs the real servers where that can be done. @returns whether all of them are there now */
export async function ensureServers() {
  say('looking for real servers')
  const code = await run('bash', [path.join(ROOT, 'scripts', 'install-servers')]).catch(() => 1)
  if (code !== 0) say('not all real servers are here: what needs a missing one is left out')
  return code === 0
}

function eachLine(stream, onLine) {
  let rest = ''
  stream.setEncoding('utf8').on('data', (text) => {
    process.stdout.write(text)
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    for (const line of lines) onLine(line)
  })
  stream.on('end', () => rest !== '' && onLine(rest))
}
