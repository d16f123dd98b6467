/** A process of its own that asks one server for PING after PING: what waits longest tells how long the server stood still. */
import {spawn} from 'node:child_process'
import {once} from 'node:events'

/** Between two questions: a stall is seen to within this much. */
const PAUSE_MS = 1

/** Runs on bare Node, without the load generator's pauses in its figures. Its input's end stops it; then it says the worst, in ms. */
const PROGRAM = `
const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1').setNoDelay(true)
let worstMs = 0
let askedMs = 0
const ask = () => { askedMs = performance.now(); socket.write('PING\\r\\n') }
socket.on('connect', () => { process.stdout.write('ready\\n'); ask() })
socket.on('data', () => { worstMs = Math.max(worstMs, performance.now() - askedMs); setTimeout(ask, ${PAUSE_MS}) })
process.stdin.resume().on('end', () => {
  process.stdout.write(String(Math.max(worstMs, socket.readyState === 'open' ? 0 : Infinity)))
  process.exit()
})
`

/** @returns the longest wait of a PING, ms, while the work was done @throws Error when the server hung up on the probe */
export async function worstWait(port: number, work: () => Promise<void>): Promise<number> {
  const probe = spawn(process.execPath, ['--eval', PROGRAM, String(port)], {stdio: ['pipe', 'pipe', 'inherit']})
  const exited = once(probe, 'exit')
  let said = ''
  probe.stdout.setEncoding('latin1').on('data', (text: string) => (said += text))
  try {
    await once(probe.stdout, 'data')
    await work()
  } finally {
    probe.stdin.end()
    await exited
  }
  const worstMs = Number(said.replace('ready\n', ''))
  if (!Number.isFinite(worstMs)) throw new Error(`the server on port ${port} hung up on the probe`)
  return worstMs
}
