/** Between two processes of one user: one line of JSON there, one line of JSON back, then the connection ends. */
import net from 'node:net'

/** A line that is longer is none of ours. */
const LONGEST_LINE = 1024 * 1024

/** How long an answer is waited for. */
export interface Patience {
  readonly limitMs: number
  /** Ends the wait. */
  readonly signal?: AbortSignal
}

/**
 * Asks whoever listens there; the answer is taken for what it should be.
 * @throws Error ENOENT or ECONNREFUSED when nobody does, ETIMEDOUT when somebody does and says nothing, ECONNRESET when it ends
 */
export function askInLine<Answer>(socket: string, request: object, {limitMs, signal}: Patience): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const connection = net.connect(socket)
    signal?.addEventListener('abort', () => connection.destroy(), {once: true})
    const timer = setTimeout(() => {
      connection.destroy()
      reject(Object.assign(new Error('the process does not answer'), {code: 'ETIMEDOUT'}))
    }, limitMs)
    let text = ''
    connection.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    connection.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    connection.once('close', () => {
      clearTimeout(timer)
      try {
        resolve(JSON.parse(text) as Answer)
      } catch {
        reject(Object.assign(new Error('the process ended without an answer'), {code: 'ECONNRESET'}))
      }
    })
    connection.write(`${JSON.stringify(request)}\n`)
  })
}

/**
 * The other end: one answer for each connection.
 * @param failed what is answered when `handle` throws, or the request is no JSON
 */
export function answerInLine<Request, Answer extends object>(
  handle: (request: Request) => Promise<Answer> | Answer,
  failed: (message: string) => Answer,
): net.Server {
  const answer = async (line: string): Promise<Answer> => {
    try {
      return await handle(JSON.parse(line) as Request)
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error))
    }
  }
  return net.createServer((connection) => {
    let text = ''
    connection.on('error', () => connection.destroy())
    connection.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.length > LONGEST_LINE) connection.destroy()
      const end = text.indexOf('\n')
      if (end < 0) return
      connection.removeAllListeners('data')
      void answer(text.slice(0, end)).then((reply) => connection.end(`${JSON.stringify(reply)}\n`))
    })
  })
}
