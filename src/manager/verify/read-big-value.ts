/** A big value in pieces, so that neither the node nor we ever hold more than about a MiB of it in a reply. */
import type {Bytes, Digest} from '../../model/digest.js'
import type {Argument, Reply} from '../ports.js'
import type {KeyReader} from './key-reader.js'
import {askNode, bytesOf, fieldsInto, scoresInto, type ValueQuestion} from './read-values.js'
import {readStream} from './read-stream.js'
import {digestPayload, ListDigest, MembersDigest, PAYLOAD_FOOTER_BYTES, StringDigest} from './value-digest.js'

const PIECE_BYTES = 1024 * 1024
/** Members of unknown size: a page of such that are a KiB each. */
const PIECE_MEMBERS = 1000

/** @returns `null` when it is gone, elsewhere or of another type by now */
export function readBigValue(reader: KeyReader, question: ValueQuestion, asking: boolean): Promise<Digest | null> {
  return new BigValue(reader, question, asking).digest()
}

class BigValue {
  readonly #reader: KeyReader
  readonly #question: ValueQuestion
  readonly #asking: boolean

  constructor(reader: KeyReader, question: ValueQuestion, asking: boolean) {
    this.#reader = reader
    this.#question = question
    this.#asking = asking
  }

  digest(): Promise<Digest | null> {
    const {word: key, type} = this.#question
    switch (type) {
      case 'string':
        return this.#string()
      case 'list':
        return this.#list()
      case 'set':
        return this.#scan('SSCAN', new MembersDigest('set', true), (set, items) => {
          for (const item of items) set.add(item)
        })
      case 'zset':
        return this.#scan('ZSCAN', new MembersDigest('zset', true), (zset, items) => void scoresInto(zset, items))
      case 'hash':
        return this.#scan('HSCAN', new MembersDigest('hash', true), (hash, items) =>
          fieldsInto(this.#reader, hash, key, items, this.#asking),
        )
      case 'stream':
        return readStream(this.#reader.client, key, this.#asking)
      default:
        return this.#payload()
    }
  }

  async #string(): Promise<Digest | null> {
    const digest = new StringDigest()
    for (let from = 0; ; from += PIECE_BYTES) {
      const piece = await this.#ask('GETRANGE', from, from + PIECE_BYTES - 1)
      if (!Buffer.isBuffer(piece) || (from === 0 && piece.length === 0)) return null
      digest.append(piece)
      if (piece.length < PIECE_BYTES) return digest.finish()
    }
  }

  async #list(): Promise<Digest | null> {
    const digest = new ListDigest()
    for (let from = 0; ; from += PIECE_MEMBERS) {
      const items = itemsOf(await this.#ask('LRANGE', from, from + PIECE_MEMBERS - 1))
      if (items === undefined || (from === 0 && items.length === 0)) return null
      for (const item of items) digest.append(item)
      if (items.length < PIECE_MEMBERS) return digest.finish()
    }
  }

  async #scan(
    command: string,
    members: MembersDigest,
    take: (members: MembersDigest, items: readonly Bytes[]) => void | Promise<void>,
  ): Promise<Digest | null> {
    for (let cursor = '0'; ;) {
      const reply = await this.#ask(command, cursor, 'COUNT', PIECE_MEMBERS)
      if (!Array.isArray(reply)) return null
      const [next = '0', page = null] = reply as readonly Reply[]
      await take(members, itemsOf(page) ?? [])
      cursor = String(next)
      if (cursor === '0') return members.count === 0 ? null : members.finish()
    }
  }

  async #payload(): Promise<Digest | null> {
    const reply = await this.#ask('DUMP')
    return Buffer.isBuffer(reply) ? digestPayload(reply, PAYLOAD_FOOTER_BYTES) : null
  }

  async #ask(command: string, ...rest: readonly Argument[]): Promise<Reply | null> {
    const [reply] = await askNode(this.#reader.client, [[command, this.#question.word, ...rest]], this.#asking)
    return reply!
  }
}

function itemsOf(reply: Reply | null): Bytes[] | undefined {
  return Array.isArray(reply) ? (reply as readonly Reply[]).map(bytesOf) : undefined
}
