/** What a failing or slow round leaves for whoever looks into it: what was said, what each server logged and says of the cluster. */
import {cpSync, lstatSync, mkdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {command} from '../../test/support/resp.js'
import type {Ground} from './ground.js'
import type {RoundReport} from './round.js'

export interface Evidence {
  readonly report: RoundReport
  readonly ground: Ground
  /** The tool's state folder. */
  readonly folder: string
  /** What the programs were called with and said. */
  readonly said: readonly string[]
}

/** In a folder `seed-N` below `logs`. */
export async function keepEvidence(logs: string, {report, ground, folder, said}: Evidence): Promise<void> {
  const place = path.join(logs, `seed-${report.seed}`)
  mkdirSync(place, {recursive: true})
  writeFileSync(path.join(place, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
  writeFileSync(path.join(place, 'said.txt'), `${said.filter(Boolean).join('\n')}\n`)
  cpSync(folder, path.join(place, 'state'), {recursive: true, filter: (file) => !lstatSync(file).isSocket()})
  for (const [index, node] of [...ground.nodes].entries()) {
    const account = await command(node, 'CLUSTER', 'NODES').catch(String)
    writeFileSync(path.join(place, `${node.port}-nodes.txt`), String(account))
    writeFileSync(path.join(place, `${node.port}.log`), ground.nodes.log(index))
  }
}
