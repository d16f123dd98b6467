/** A node's folder in memory. */
import {type Storage} from '../../../src/engine/ports.js'

/** Without `later` all work on files is done at once, as on the way of a node's turn. */
export class PaperDisk implements Storage {
  readonly files: Map<string, Buffer>

  /** @param files what is there already: copied */
  constructor(files: ReadonlyMap<string, Buffer> = new Map()) {
    this.files = new Map(files)
  }

  read(name: string): Uint8Array | null {
    return this.files.get(name) ?? null
  }

  pieces(name: string): Uint8Array[] | null {
    const bytes = this.read(name)
    return bytes === null ? null : [bytes]
  }

  truncate(name: string, bytes: number): void {
    this.replace(name, this.read(name)!.subarray(0, bytes))
  }

  append(name: string, bytes: Uint8Array): void {
    this.files.set(name, Buffer.concat([this.files.get(name) ?? Buffer.alloc(0), bytes]))
  }

  sync(): void {
    // memory is as durable as it gets here
  }

  replace(name: string, bytes: Uint8Array): void {
    this.files.set(name, Buffer.from(bytes))
  }

  rename(from: string, to: string): void {
    const bytes = this.files.get(from)
    if (bytes === undefined) throw new Error(`no file ${from}`)
    this.files.delete(from)
    this.files.set(to, bytes)
  }

  remove(name: string): void {
    this.files.delete(name)
  }
}
