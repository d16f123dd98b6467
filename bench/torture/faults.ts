/** What goes wrong in a round: to the program, to a node, or between them. */
import {setTimeout as sleep} from 'node:timers/promises'
import {below, fraction, pick} from '../../src/engine/chance.js'
import type {Rng} from '../../src/engine/ports.js'
import {accountOf} from '../../test/support/cluster-facts.js'
import {RespConnection, type RespTarget} from '../../test/support/resp.js'
import type {RunningCli} from '../../test/support/run-cli.js'
import {until} from '../../test/support/until.js'
import {WRITER_NAME} from './cluster-client.js'
import type {Ground} from './ground.js'

export type FaultKind =
  | 'tool-killed'
  | 'tool-interrupted'
  | 'node-killed'
  | 'node-killed-and-replaced'
  | 'node-stopped'
  | 'node-stopped-and-replaced'
  | 'connection-cut'

/** As often as they stand here. */
const DRAWN_FROM: readonly FaultKind[] = [
  'tool-killed',
  'tool-killed',
  'tool-killed',
  'tool-interrupted',
  'node-killed',
  'node-killed',
  'node-killed',
  'node-stopped',
  'connection-cut',
  'connection-cut',
]

/** A replica takes the place of the node: what it has not heard, the servers lose, whatever the tool does. */
const TAKEOVERS: readonly FaultKind[] = ['node-killed-and-replaced', 'node-stopped-and-replaced']

export interface Fault {
  readonly kind: FaultKind
  /** When, as a part of what the operation takes undisturbed. */
  readonly moment: number
  /** Which of the servers that the operation has to do with. */
  readonly victim: number
  /** How long a killed node stays away. */
  readonly awayMs: number
}

export const STOPPED_MS = 10_000
/** Before it, both tools start and look; rounds that hit nothing prove nothing. */
const EARLIEST = 0.3
const LEAST_AWAY_MS = 100
const MORE_AWAY_MS = 900
/** An election takes two node timeouts and some. */
const REPLACED_WITHIN_MS = 20_000
const CUTS = 4
const BETWEEN_CUTS_MS = 50

export function drawFault(rng: Rng, takeovers: boolean): Fault {
  const kind = pick(rng, takeovers ? TAKEOVERS : DRAWN_FROM)
  return {
    kind,
    moment: EARLIEST + (1 - EARLIEST) * fraction(rng),
    victim: rng.uint32(),
    awayMs: LEAST_AWAY_MS + below(rng, MORE_AWAY_MS),
  }
}

/** A replica takes the victim's place: the node timeout must be short, and what no replica had is not the tool's to keep. */
export function failsOver({kind}: Fault): boolean {
  return kind === 'node-killed-and-replaced' || kind === 'node-stopped-and-replaced'
}

/**
 * Lets it happen, and returns when it is over: the node is back, answers, and knows its data.
 * @param victim the number of a server among the ground's nodes
 */
export async function strike(fault: Fault, ground: Ground, victim: number, tool: RunningCli): Promise<void> {
  const {nodes} = ground
  switch (fault.kind) {
    case 'tool-killed':
      tool.process.kill('SIGKILL')
      return
    case 'tool-interrupted':
      tool.process.kill('SIGINT')
      return
    case 'connection-cut':
      return cut(nodes.node(victim))
    case 'node-killed':
      await nodes.kill(victim)
      await sleep(fault.awayMs)
      await restart(ground, victim)
      return
    case 'node-killed-and-replaced': {
      const id = ground.cluster.ids[victim]!
      await nodes.kill(victim)
      await untilReplaced(ground, victim, id)
      await restart(ground, victim)
      return
    }
    case 'node-stopped':
      nodes.pause(victim)
      await sleep(STOPPED_MS)
      nodes.resume(victim)
      return
    case 'node-stopped-and-replaced':
      nodes.pause(victim)
      await untilReplaced(ground, victim, ground.cluster.ids[victim]!)
      nodes.resume(victim)
  }
}

async function restart({nodes}: Ground, victim: number): Promise<void> {
  await nodes.restart(victim)
}

/** Another primary credits the victim's slots to somebody else. A victim without slots needs no successor. */
async function untilReplaced({nodes}: Ground, victim: number, id: string): Promise<void> {
  const witness = [...nodes].find((_, index) => index !== victim && index < 3)!
  await until(
    async () => {
      const line = (await accountOf(witness)).find((each) => each.id === id)
      return line === undefined || line.slots.size === 0
    },
    {timeoutMs: REPLACED_WITHIN_MS, what: `a replica to take over from ${nodes.node(victim).address}`},
  ).catch(() => undefined) // Without a majority, or without a replica, nobody does: then it is away that long.
}

/** Every connection of the node but those of its replicas and of the writers, several times over. */
async function cut(node: RespTarget): Promise<void> {
  for (let time = 0; time < CUTS; time++) {
    const connection = await RespConnection.open(node)
    try {
      const clients = String(await connection.call('CLIENT', 'LIST', 'TYPE', 'normal')).split('\n')
      const strangers = clients.filter(
        (line) => line !== '' && !line.includes(`name=${WRITER_NAME}`) && !line.includes('cmd=client'),
      )
      await connection.pipeline(
        strangers.map((line) => ['CLIENT', 'KILL', 'ID', /\bid=(\d+)/.exec(line)![1]!] as const),
      )
    } finally {
      connection.close()
    }
    await sleep(BETWEEN_CUTS_MS)
  }
}
