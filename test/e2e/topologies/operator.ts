/** `tscluster check`, `fix` and others as a person at a terminal gives them, without a process of their own. */
import {Config} from '@oclif/core'
import {openPool} from '../../../src/cli/connection.js'
import {parseEndpoints} from '../../../src/cli/endpoints.js'
import type {PlanResult} from '../../../src/cli/run-plan.js'
import {systemClock, type World} from '../../../src/cli/world.js'
import {AddNode} from '../../../src/commands/add-node.js'
import {Check, type CheckResult} from '../../../src/commands/check.js'
import {DelNode} from '../../../src/commands/del-node.js'
import {Fix, type FixResult} from '../../../src/commands/fix.js'
import {Rebalance} from '../../../src/commands/rebalance.js'
import {Reshard} from '../../../src/commands/reshard.js'
import {observeSettled} from '../../../src/cli/session.js'
import {check as findingsOf} from '../../../src/manager/check/check.js'
import type {Finding} from '../../../src/manager/check/finding.js'
import {withAllKeyCounts} from '../../../src/manager/observe.js'
import {planFix, type Fix as FixPlan} from '../../../src/manager/plan/fix.js'
import {DEFAULT_SETTINGS} from '../../../src/manager/plan/plan.js'
import type {ManagerClock} from '../../../src/manager/ports.js'
import {paperWorld} from '../../support/paper-world.js'
import {PROJECT_ROOT} from '../../support/project-root.js'
import {STATE_HOME} from '../../support/run-cli.js'

/** How much faster the operator's clock goes: the five seconds that nodes are given to agree would add up. */
const HASTE = 3

const hastyClock: ManagerClock = {
  nowMs: () => systemClock.nowMs() * HASTE,
  sleep: (ms, signal) => systemClock.sleep(ms / HASTE, signal),
}

/** What of a command is used here; `world` and `finally` are its own affair otherwise. */
interface Runnable<Result> {
  id: string
  world: World
  run(): Promise<Result>
  finally(): Promise<void>
}

type CommandClass = new (argv: string[], config: Config) => unknown

let config: Promise<Config> | undefined

/** @throws ManagerError as the command does */
async function give<Result>(Command: CommandClass, words: readonly string[]): Promise<Result> {
  const {exitCode} = process
  config ??= Config.load({root: PROJECT_ROOT})
  const command = new Command([...words, '--json'], await config) as Runnable<Result>
  command.id = Command.name.replaceAll(/(?<=[a-z])[A-Z]/g, '-$&').toLowerCase()
  command.world = {...paperWorld({env: {XDG_STATE_HOME: STATE_HOME}}), clock: hastyClock}
  try {
    return await command.run()
  } finally {
    await command.finally()
    // The command's, not that of the tests.
    process.exitCode = exitCode
  }
}

/** A change that must succeed. */
async function change(Command: CommandClass, words: readonly string[]): Promise<PlanResult> {
  const result = await give<PlanResult>(Command, [...words, '--yes'])
  if (result.exitCode !== 0) throw new Error(`${Command.name} ${words.join(' ')}: ${JSON.stringify(result)}`)
  return result
}

/** What `check` and `fix` make of one look at a cluster, in which the keys of all slots were counted. */
export async function diagnose(...addresses: readonly string[]): Promise<{findings: Finding[]; fixed: FixPlan}> {
  const parsed = parseEndpoints(addresses)
  if (typeof parsed === 'string') throw new Error(parsed)
  const pool = await openPool({user: parsed.user, password: parsed.password, tls: false, insecure: false})
  try {
    const view = await withAllKeyCounts(pool, await observeSettled(pool, parsed.addresses, hastyClock))
    return {findings: findingsOf(view, {searchMultipleOwners: true}), fixed: planFix(view, CAUTIOUS)}
  } finally {
    pool.close()
  }
}

const CAUTIOUS = {
  acceptDataLoss: false,
  withUnreachablePrimaries: false,
  searchMultipleOwners: true,
  settings: DEFAULT_SETTINGS,
}

/** @param words addresses and flags */
export function check(...words: readonly string[]): Promise<CheckResult> {
  return give(Check, words)
}

export function checkAllSlots(...words: readonly string[]): Promise<CheckResult> {
  return check(...words, '--search-multiple-owners')
}

export function fix(...words: readonly string[]): Promise<FixResult> {
  return give(Fix, [...words, '--yes'])
}

export function delNode(...words: readonly string[]): Promise<PlanResult> {
  return change(DelNode, words)
}

export function addNode(...words: readonly string[]): Promise<PlanResult> {
  return change(AddNode, words)
}

export function reshard(...words: readonly string[]): Promise<PlanResult> {
  return change(Reshard, words)
}

export function rebalance(...words: readonly string[]): Promise<PlanResult> {
  return change(Rebalance, words)
}
