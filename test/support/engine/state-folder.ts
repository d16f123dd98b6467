/** A state folder of the engine's for one suite: everything in it is stopped and removed at the end. */
import {mkdtempSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {freePort} from '../free-ports.js'
import {runCli, startCli, type CliOptions, type CliResult, type RunningCli} from '../run-cli.js'

export interface Status {
  readonly pid: number | null
  readonly stalePid: number | null
  readonly nodes: readonly {
    readonly port: number
    readonly host: string
    readonly id: string | null
    readonly role: string | null
    readonly state: string
    readonly stopping: {readonly replicas: readonly string[]; readonly leftMs: number} | null
    readonly faults: {
      readonly paused: boolean
      readonly partitionedFrom: readonly number[]
      readonly latencyMs: number
    }
    readonly pid: number | null
    readonly uptimeMs: number | null
    readonly folder: string
  }[]
}

export class EngineFolder {
  readonly path = mkdtempSync(path.join(os.tmpdir(), 'tscluster-engine-test-'))

  /** `tscluster engine <words>` on this folder. */
  run(words: readonly string[], options?: CliOptions): Promise<CliResult> {
    return runCli(['engine', ...words, '--dir', this.path], options)
  }

  start(words: readonly string[], options?: CliOptions): RunningCli {
    return startCli(['engine', ...words, '--dir', this.path], options)
  }

  async status(): Promise<Status> {
    return JSON.parse((await this.run(['status', '--json'])).stdout) as Status
  }

  /** Ports that are free, with their bus ports. */
  ports(count: number): Promise<number[]> {
    return Promise.all(Array.from({length: count}, () => freePort()))
  }

  file(...names: readonly (string | number)[]): string {
    return path.join(this.path, ...names.map(String))
  }

  async remove(): Promise<void> {
    await this.run(['stop'])
    rmSync(this.path, {recursive: true, force: true})
  }
}
