/** Ports on this machine that stand far away: what comes in goes on to a server after a delay, and so does the answer. */
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {createInterface} from 'node:readline'

export interface DelayProxies {
  readonly close: () => void
}

/** Runs on bare Node in a process of its own: neither the bench nor the program under test pays for it. */
const PROGRAM = `
const net = require('node:net')
const [delays, ...routes] = process.argv.slice(1)
const [thereMs, backMs] = delays.split(',').map(Number)
const pass = (from, to, ms) => {
  if (ms === 0) { from.pipe(to); return }
  from.on('data', (chunk) => setTimeout(() => to.write(chunk), ms))
  from.on('end', () => setTimeout(() => to.end(), ms))
}
let waiting = routes.length
for (const route of routes) {
  const [port, server] = route.split(':').map(Number)
  net.createServer((client) => {
    const socket = net.connect(server, '127.0.0.1')
    for (const each of [client, socket]) each.setNoDelay(true).on('error', () => { client.destroy(); socket.destroy() })
    pass(client, socket, thereMs)
    pass(socket, client, backMs)
  }).listen(port, '127.0.0.1', () => { if (--waiting === 0) console.log('ready') })
}
process.stdin.resume().on('end', () => process.exit())
`

/**
 * @param roundTripMs a whole number: the first half of it is paid on the way there, the rest on the way back
 * @param routes from the port that stands far away to the server's own
 */
export async function openDelayProxies(
  roundTripMs: number,
  routes: ReadonlyMap<number, number>,
): Promise<DelayProxies> {
  const thereMs = Math.floor(roundTripMs / 2)
  const words = [...routes].map(([port, server]) => `${port}:${server}`)
  const args = ['--eval', PROGRAM, `${thereMs},${roundTripMs - thereMs}`, ...words]
  const child = spawn(process.execPath, args, {stdio: ['pipe', 'pipe', 'inherit']})
  await once(createInterface({input: child.stdout}), 'line')
  return {close: () => void child.stdin.end()}
}
