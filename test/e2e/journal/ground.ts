/** What the tests of journals share: a state folder of their own, and a program that is hit at a certain moment. */
import {mkdtempSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import type {ListedOperation} from '../../../src/cli/journal/list.js'
import type {OperationsResult} from '../../../src/commands/operations.js'
import {openSlots, stories} from '../../support/cluster-facts.js'
import {runCli, startCli, type CliResult} from '../../support/run-cli.js'
import type {ServerNode} from '../../support/server-nodes.js'
import {until} from '../../support/until.js'

const PATIENCE_MS = 60_000

export class Ground {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'tscluster-journal-'))

  get env(): {readonly XDG_STATE_HOME: string} {
    return {XDG_STATE_HOME: this.folder}
  }

  remove(): void {
    rmSync(this.folder, {recursive: true, force: true})
  }

  run(...words: readonly string[]): Promise<CliResult> {
    return runCli(words, {env: this.env, timeoutMs: PATIENCE_MS})
  }

  /** Must end with 0. @returns what it said on both streams */
  async done(...words: readonly string[]): Promise<string> {
    const {code, stdout, stderr} = await this.run(...words)
    expect(code, `${words.join(' ')}\n${stdout}${stderr}`).to.equal(0)
    return stdout + stderr
  }

  /** Sends the signal as soon as so many events of this kind were told. */
  async hit(
    words: readonly string[],
    event: string,
    {times = 1, signal = 'SIGKILL'}: {readonly times?: number; readonly signal?: NodeJS.Signals} = {},
  ): Promise<CliResult> {
    const run = startCli([...words, '--yes', '--json-stream'], {env: this.env, timeoutMs: PATIENCE_MS})
    const isTold = (): boolean => run.stdout.split(`"kind":"${event}"`).length > times
    await until(() => isTold() || run.process.exitCode !== null, {timeoutMs: PATIENCE_MS, what: `${times} × ${event}`})
    if (!isTold()) throw new Error(`ended before ${times} × ${event}: ${run.stderr}`)
    run.process.kill(signal)
    return run.done
  }

  async operations(): Promise<readonly ListedOperation[]> {
    const {stdout} = await this.run('operations', '--json')
    return (JSON.parse(stdout) as OperationsResult).operations
  }

  async lastOperation(): Promise<ListedOperation> {
    return (await this.operations()).at(-1)!
  }
}

/** Nothing is open, and all tell the same. */
export async function expectClean(nodes: Iterable<ServerNode>): Promise<void> {
  const all = [...nodes]
  expect(await openSlots(all)).to.deep.equal([])
  await until(async () => (await stories(all)).length === 1, {what: 'all nodes to tell the same story'})
}
