/** A port at which connections are neither accepted nor refused: what a firewall that drops packets looks like. */
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import net from 'node:net'
import {freePort} from './free-ports.js'

export interface BlackHole {
  readonly address: string
  close(): void
}

/** Longer than a connection to loopback takes, shorter than the kernel's first retry. */
const UNANSWERED_MS = 300
const MOST_WAITING = 50

const LISTEN = `require('node:net').createServer().listen(
  {host: '127.0.0.1', port: Number(process.argv[1]), backlog: 1}, () => console.log('listening'))`

/** A stopped process whose queue of connections is full: the kernel drops who comes then. Close it in an `after` hook. */
export async function startBlackHole(): Promise<BlackHole> {
  const port = await freePort()
  const child = spawn(process.execPath, ['-e', LISTEN, String(port)], {stdio: ['ignore', 'pipe', 'inherit']})
  await once(child.stdout, 'data')
  child.kill('SIGSTOP')
  const waiting: net.Socket[] = []
  do {
    if (waiting.length === MOST_WAITING) throw new Error(`127.0.0.1:${port} takes connections without end`)
    waiting.push(net.connect({host: '127.0.0.1', port}).on('error', () => undefined))
  } while (await isAccepted(waiting.at(-1)!))
  return {
    address: `127.0.0.1:${port}`,
    close: () => {
      for (const socket of waiting) socket.destroy()
      child.kill('SIGKILL')
    },
  }
}

function isAccepted(socket: net.Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), UNANSWERED_MS)
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}
