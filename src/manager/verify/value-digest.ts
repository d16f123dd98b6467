/**
 * Digests of values that are the same on every server and version, however the value is stored there and in whatever order its
 * members come. Nothing of how a server keeps a value goes in: a set of integers, a listpack and a hash table of the same members
 * are one value.
 */
import {Digester, DigestSum, type Bytes, type Digest} from '../../model/digest.js'

/** One digester for all that is digested in one go: a value in pieces brings its own. */
const scratch = new Digester()

export interface PendingEntry {
  readonly id: string
  readonly consumer: Bytes
}

export interface StreamGroup {
  readonly name: Bytes
  readonly lastDelivered: string
}

/** A string, piece by piece. */
export class StringDigest {
  readonly #digester: Digester

  constructor(digester = new Digester()) {
    this.#digester = digester.add('string')
  }

  append(piece: Bytes): this {
    this.#digester.add(piece)
    return this
  }

  finish(): Digest {
    return this.#digester.finish()
  }
}

/** A list, from its head to its tail. */
export class ListDigest {
  readonly #digester: Digester

  constructor(digester = new Digester()) {
    this.#digester = digester.add('list')
  }

  append(item: Bytes): this {
    this.#digester.part(item)
    return this
  }

  finish(): Digest {
    return this.#digester.finish()
  }
}

/** Members in any order. Who reads them with SCAN gets some of them twice: these count once where `distinct` is set. */
export class MembersDigest {
  readonly #type: string
  readonly #seen: Set<string> | undefined
  readonly #sum = new DigestSum()
  #count = 0

  constructor(type: 'set' | 'hash' | 'zset' | 'stream', distinct = false) {
    this.#type = type
    this.#seen = distinct ? new Set() : undefined
  }

  get count(): number {
    return this.#count
  }

  add(...parts: readonly (Bytes | number)[]): this {
    for (const part of parts) {
      if (typeof part === 'number') scratch.number(part)
      else scratch.part(part)
    }
    return this.addDigest(scratch.finish())
  }

  addDigest(member: Digest): this {
    if (this.#seen !== undefined) {
      const name = `${member.a} ${member.b}`
      if (this.#seen.has(name)) return this
      this.#seen.add(name)
    }
    this.#sum.add(member)
    this.#count++
    return this
  }

  finish(): Digest {
    return scratch.add(this.#type).number(this.#count).digest(this.#sum.value()).finish()
  }
}

/** A field and its value; a field with a time of its own to live has that with it (Unix ms). */
export function addField(hash: MembersDigest, field: Bytes, value: Bytes, expireAtMs?: number): void {
  if (expireAtMs === undefined) hash.add(field, value)
  else hash.add(field, value, expireAtMs)
}

/**
 * A stream: entries, its last id, and what each group has delivered and not heard of again. Not: when that was, and how often, nor
 * consumers that wait for nothing, which a server forgets and makes by itself.
 */
export class StreamDigest {
  readonly #parts = new MembersDigest('stream')

  /** @param fields names and values in turn */
  entry(id: string, fields: readonly Bytes[]): this {
    this.#parts.add('entry', id, ...fields)
    return this
  }

  lastId(id: string): this {
    this.#parts.add('last', id)
    return this
  }

  group({name, lastDelivered}: StreamGroup): this {
    this.#parts.add('group', name, lastDelivered)
    return this
  }

  pending({name}: Pick<StreamGroup, 'name'>, {id, consumer}: PendingEntry): this {
    this.#parts.add('pending', name, id, consumer)
    return this
  }

  finish(): Digest {
    return this.#parts.finish()
  }
}

export function digestString(value: Bytes): Digest {
  return new StringDigest(scratch).append(value).finish()
}

export function digestList(items: Iterable<Bytes>): Digest {
  const list = new ListDigest(scratch)
  for (const item of items) list.append(item)
  return list.finish()
}

/** What no command can read apart: a module's value, by its DUMP payload, of which the footer names the writer's version. */
export function digestPayload(payload: Uint8Array, footerBytes = 0): Digest {
  return scratch
    .add('payload')
    .add(payload.subarray(0, payload.length - footerBytes))
    .finish()
}

/** Of a DUMP payload: two bytes of RDB version, eight of checksum. */
export const PAYLOAD_FOOTER_BYTES = 10
