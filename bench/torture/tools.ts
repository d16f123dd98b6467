/** The two programs that are compared, and what each of them offers to an operator after a fault. */
import {readFileSync} from 'node:fs'
import path from 'node:path'
import {programPath, type Flavour} from '../../test/support/installed-servers.js'
import {PROJECT_ROOT} from '../../test/support/project-root.js'
import {startCli, startProgram, type RunningCli} from '../../test/support/run-cli.js'
import type {Operation, Recovery, Task, Tool} from './operations.js'

/** Longer than either of them takes, a stopped node included: a tool that is still there after it hangs. */
export const TOOL_LIMIT_MS = 90_000

const JOURNAL_COMMANDS: readonly Recovery[] = ['resume', 'abort']

/** @param stateFolder where tscluster keeps what it knows of its operations: each round has its own */
export function startTool(tool: Tool, flavour: Flavour, words: readonly string[], stateFolder: string): RunningCli {
  const options = {timeoutMs: TOOL_LIMIT_MS, env: {XDG_STATE_HOME: stateFolder}}
  return tool === 'tscluster' ? startCli(words, options) : startProgram(programPath(flavour, 'cli'), words, options)
}

/** What may be drawn after a fault. redis-cli has its `fix`, and the same command again where that is all there is. */
export function recoveriesOf(tool: Tool, operation: Operation): readonly Recovery[] {
  if (tool === 'redis-cli') return operation.recoveries.includes('fix') ? ['fix'] : operation.recoveries
  return [...JOURNAL_COMMANDS.filter(hasCommand), ...operation.recoveries]
}

export function recoveryWords(tool: Tool, recovery: Recovery, {words, entry}: Task): readonly string[] {
  if (recovery === 'again') return words[tool]!
  return tool === 'tscluster' ? [recovery, entry, '--yes'] : ['--cluster', 'fix', entry]
}

/** Whether there is anything to resume or abort; `true` where nobody keeps account of that. */
export async function hasUnfinished(tool: Tool, flavour: Flavour, stateFolder: string): Promise<boolean> {
  if (tool === 'redis-cli' || !hasCommand('operations')) return true
  const {stdout} = await startTool(tool, flavour, ['operations', '--unfinished', '--json'], stateFolder).done
  return (JSON.parse(stdout) as {operations: unknown[]}).operations.length > 0
}

let commands: ReadonlySet<string> | undefined

/** Whether the program that was built has this command. */
function hasCommand(name: string): boolean {
  if (commands === undefined) {
    const manifest = JSON.parse(readFileSync(path.join(PROJECT_ROOT, 'oclif.manifest.json'), 'utf8')) as {
      commands: Record<string, unknown>
    }
    commands = new Set(Object.keys(manifest.commands))
  }
  return commands.has(name)
}
