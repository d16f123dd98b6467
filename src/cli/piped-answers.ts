/** Answers from standard input that is no terminal: one line each, however many arrive at once. */
import type {Readable} from 'node:stream'

/**
 * How long an answer may take. Who pipes answers has them ready or writes them within seconds; an open pipe into which
 * nobody writes (a job runner's, say) must not make a command wait for ever.
 */
export const ANSWER_TIMEOUT_MS = 10_000

export class PipedAnswers {
  readonly #stream: Readable
  readonly #limitMs: number
  readonly #lines: string[] = []
  #rest = ''
  #ended = false
  #listening = false
  #wake: () => void = () => undefined

  /** @param limitMs how long to wait for one answer; Infinity where somebody sits at a terminal */
  constructor(stream: Readable, limitMs = ANSWER_TIMEOUT_MS) {
    this.#stream = stream
    this.#limitMs = limitMs
  }

  /** The next line without its end; `undefined` at the end of the input, or when nobody writes in time. */
  async next(): Promise<string | undefined> {
    this.#listen()
    if (this.#lines.length === 0 && !this.#ended) {
      this.#stream.resume()
      await new Promise<void>((resolve) => {
        const timer = Number.isFinite(this.#limitMs) ? setTimeout(resolve, this.#limitMs) : undefined
        this.#wake = (): void => {
          if (this.#lines.length === 0 && !this.#ended) return
          clearTimeout(timer)
          resolve()
        }
      })
      // A stream that flows would keep the process alive after its last question.
      this.#stream.pause()
    }
    return this.#lines.shift()
  }

  #listen(): void {
    if (this.#listening) return
    this.#listening = true
    // A password or a plan may have been read from it before.
    this.#ended = this.#stream.readableEnded
    this.#stream.setEncoding('utf8')
    this.#stream.on('data', (text: string) => {
      const parts = (this.#rest + text).split(/\r?\n/)
      this.#rest = parts.pop()!
      this.#lines.push(...parts)
      this.#wake()
    })
    const end = (): void => {
      // `printf yes`: a last line without its end is an answer too.
      if (this.#rest !== '') this.#lines.push(this.#rest)
      this.#rest = ''
      this.#ended = true
      this.#wake()
    }
    this.#stream.once('end', end)
    this.#stream.once('error', end)
  }
}
