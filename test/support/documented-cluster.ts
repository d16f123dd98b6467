/** The servers that the documents speak of as 127.0.0.1:7000, 7001 … : real ones, elsewhere, and command lines run against them. */
import {spawn} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type {Flavour} from './installed-servers.js'
import {BIN, NODE} from './run-cli.js'
import {startNodes, type ServerNode} from './server-nodes.js'

const FIRST_PORT = 7000

export interface Printed {
  readonly stdout: string
  readonly stderr: string
  /** As a terminal would show them. */
  readonly both: string
}

export class DocumentedCluster {
  /** In the order of their ports. */
  readonly nodes: readonly ServerNode[]
  /** Where the commands are run: a folder of its own. */
  readonly #folder = mkdtempSync(path.join(os.tmpdir(), 'tscluster-docs-'))

  private constructor(nodes: Iterable<ServerNode>) {
    this.nodes = [...nodes].sort((a, b) => a.port - b.port)
  }

  /** Empty servers in cluster mode. */
  static async start(flavour: Flavour, servers: number): Promise<DocumentedCluster> {
    return new DocumentedCluster(await startNodes(flavour, servers))
  }

  /** A line as the documents have it, through a shell. */
  run(line: string): Promise<Printed> {
    return new Promise((resolve, reject) => {
      const script = `tscluster() { "${NODE}" "${BIN}" "$@"; }\n${this.#withRealPorts(line)}`
      const child = spawn('sh', ['-c', script], {cwd: this.#folder, stdio: ['ignore', 'pipe', 'pipe']})
      const printed = {stdout: '', stderr: '', both: ''}
      for (const name of ['stdout', 'stderr'] as const) {
        child[name].setEncoding('utf8').on('data', (text: string) => {
          printed[name] += text
          printed.both += text
        })
      }
      child.once('error', reject)
      child.once('close', () =>
        resolve({
          stdout: this.#withShownPorts(printed.stdout),
          stderr: this.#withShownPorts(printed.stderr),
          both: this.#withShownPorts(printed.both),
        }),
      )
    })
  }

  /** The servers themselves are stopped with their suite. */
  removeFolder(): void {
    rmSync(this.#folder, {recursive: true, force: true})
  }

  #withRealPorts(line: string): string {
    const all = this.nodes.map(({address}) => address).join(' ')
    const inRange = line.replace(`127.0.0.1:${FIRST_PORT}-${FIRST_PORT + this.nodes.length - 1}`, all)
    return inRange.replace(
      /127\.0\.0\.1:(70\d\d)\b/g,
      (text, port) => this.nodes[Number(port) - FIRST_PORT]?.address ?? text,
    )
  }

  #withShownPorts(output: string): string {
    const shown = new Map(this.nodes.map(({port}, index) => [String(port), String(FIRST_PORT + index)]))
    return output.replace(/(?<=127\.0\.0\.1:)\d+\b/g, (port) => shown.get(port) ?? port)
  }
}
