/** Who plays in the demo: nodes of the bundled engine, or real servers. All of them are gone afterwards. */
import {execFile} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {promisify} from 'node:util'
import {FLAVOURS, findProgram, type Flavour} from '../../test/support/installed-servers.js'
import type {RespTarget} from '../../test/support/resp.js'
import {startNodes, stopAllNodes} from '../../test/support/server-nodes.js'

export interface Cast {
  /** `Valkey 9.1 servers` */
  readonly what: string
  readonly nodes: readonly (RespTarget & {readonly address: string})[]
  /** For every run of the program. */
  readonly env: Readonly<Record<string, string>>
  dismiss(): Promise<void>
}

/** The first that starts is taken. */
const NEWEST_FIRST: readonly Flavour[] = ['valkey-9.1', 'redis-8.0', 'valkey-8.1', 'redis-7.0']
const FIRST_PORT = 7000
const LAST_PORT = 12_000

/** @throws Error when no real server is installed, or none starts */
export async function castRealServers(count: number): Promise<Cast> {
  const failures: string[] = []
  for (const flavour of NEWEST_FIRST.filter((each) => findProgram(each) !== undefined)) {
    try {
      const fleet = await startNodes(flavour, count)
      const [product, version] = flavour.split('-')
      const nodes = [...fleet].sort((a, b) => a.port - b.port)
      return {what: `real servers (${product} ${version})`, nodes, env: {}, dismiss: stopAllNodes}
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error))
    }
  }
  const missing = `no real server is here (looked for ${FLAVOURS.join(', ')})`
  throw new Error(
    `${failures[0] ?? missing}; install redis-server or valkey-server, or run scripts/install-servers as root`,
  )
}

/**
 * Started by the program itself, in a state folder of the demo's own.
 * @param program bin/run.js
 */
export async function castEngine(program: string, count: number): Promise<Cast> {
  const folder = mkdtempSync(path.join(os.tmpdir(), `tscluster-demo-${process.pid}-`))
  const env = {XDG_STATE_HOME: folder}
  const engine = (...args: readonly string[]): Promise<unknown> =>
    promisify(execFile)(process.execPath, [program, 'engine', ...args], {env: {...process.env, ...env}})
  const dismiss = async (): Promise<void> => {
    await engine('stop').catch(() => undefined)
    rmSync(folder, {recursive: true, force: true})
  }
  try {
    const first = await startNeighbours(engine, count)
    const nodes = Array.from({length: count}, (_, index) => ({host: '127.0.0.1', port: first + index}))
    return {
      what: 'nodes of the bundled engine',
      nodes: nodes.map((node) => ({...node, address: `${node.host}:${node.port}`})),
      env,
      dismiss,
    }
  } catch (error) {
    await dismiss()
    throw error
  }
}

/** Somewhere from 7000 on nobody else listens. @returns the first port */
async function startNeighbours(
  engine: (...args: readonly string[]) => Promise<unknown>,
  count: number,
): Promise<number> {
  for (let first = FIRST_PORT; ; first += 100) {
    try {
      await engine('start', `${first}-${first + count - 1}`, '--set', 'save=')
      return first
    } catch (error) {
      const taken = error instanceof Error && 'stderr' in error && String(error.stderr).includes('is in use')
      if (!taken || first >= LAST_PORT) throw error
    }
  }
}
