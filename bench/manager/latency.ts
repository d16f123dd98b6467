/** What a client of the source and of the target waits while slots move: a process of its own that asks both, a PING a ms. */
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {quickCluster, untilClusterAgrees} from '../../test/support/quick-cluster.js'
import {NODE_TIMEOUT_MS} from './contests/create.js'
import {contentOf, MOVED_SLOTS, reshardWords} from './contests/reshard.js'
import {median} from '../median.js'
import type {Side} from './contest.js'
import {fillSlots} from './full-slots.js'
import type {Programs} from './programs.js'

/** Of one move: ms. */
export interface Waits {
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly worst: number
}

export interface LatencyRow extends Waits {
  readonly work: string
  readonly by: string
  readonly wallMs: number
}

const PROGRAM = `
const net = require('node:net')
const waits = []
for (const port of process.argv.slice(1)) {
  const socket = net.connect(Number(port), '127.0.0.1').setNoDelay(true)
  let askedMs = 0
  const ask = () => { askedMs = performance.now(); socket.write('PING\\r\\n') }
  socket.on('connect', ask)
  socket.on('data', () => { waits.push(performance.now() - askedMs); setTimeout(ask, 1) })
}
process.stdout.write('ready\\n')
process.stdin.resume().on('end', () => {
  waits.sort((a, b) => a - b)
  const at = (part) => waits[Math.min(waits.length - 1, Math.floor(waits.length * part))]
  process.stdout.write(JSON.stringify({p50: at(0.5), p99: at(0.99), p999: at(0.999), worst: waits.at(-1)}))
  process.exit()
})
`

/** @returns a row for each side: medians over the rounds */
export async function latencies(
  programs: Programs,
  load: {
    readonly keys: number
    readonly valueBytes: number
    readonly more?: Readonly<Record<Side, readonly string[]>>
    readonly theirNote?: string
  },
  rounds: number,
): Promise<LatencyRow[]> {
  const {keys, valueBytes, more, theirNote} = load
  const cluster = await quickCluster(programs.flavour, {primaries: 3, nodeTimeoutMs: NODE_TIMEOUT_MS})
  const runs: Record<Side, (Waits & {wallMs: number})[]> = {ours: [], theirs: []}
  try {
    await fillSlots(cluster, {slots: MOVED_SLOTS, keys, valueBytes})
    let [from, to] = cluster.ids as [string, string]
    const ports = cluster.primaries.slice(0, 2).map(({port}) => port)
    for (let round = 0; round < rounds; round++) {
      for (const side of ['ours', 'theirs'] as const) {
        let wallMs = 0
        const waits = await waitsDuring(ports, async () => {
          wallMs = await programs.run(side, reshardWords(cluster.entry, [from, to], more))
        })
        runs[side].push({...waits, wallMs})
        await untilClusterAgrees(cluster.nodes)
        ;[from, to] = [to, from]
      }
    }
  } finally {
    await cluster.stop()
  }
  const of = (side: Side, figure: keyof Waits | 'wallMs'): number => median(runs[side].map((run) => run[figure]))
  return (['ours', 'theirs'] as const).map((side) => ({
    work: `reshard ${MOVED_SLOTS} slots, ${contentOf(keys, valueBytes)}`,
    by: side === 'ours' ? `tscluster on ${programs.flavour}` : `${programs.peer} ${theirNote ?? ''}`.trimEnd(),
    p50: of(side, 'p50'),
    p99: of(side, 'p99'),
    p999: of(side, 'p999'),
    worst: of(side, 'worst'),
    wallMs: of(side, 'wallMs'),
  }))
}

async function waitsDuring(ports: readonly number[], work: () => Promise<void>): Promise<Waits> {
  const probe = spawn(process.execPath, ['--eval', PROGRAM, ...ports.map(String)], {stdio: ['pipe', 'pipe', 'inherit']})
  const exited = once(probe, 'exit')
  let said = ''
  probe.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  await once(probe.stdout, 'data')
  await work()
  probe.stdin.end()
  await exited
  return JSON.parse(said.replace('ready\n', '')) as Waits
}
