/** An AOF that is rewritten while its node is killed at every step: the files tell the whole of the data at each of them. */
import {expect} from 'chai'
import {doFileWork} from '../../../../src/engine/apply-turn.js'
import {type FileEffect, type Storage} from '../../../../src/engine/ports.js'
import {EngineNode} from '../../../support/engine/engine-node.js'

const CONFIG = {save: '', appendonly: 'yes', appendfsync: 'always'}
const WRITES = 20

/** Files in memory; work in the background is done when the test says so. */
class SlowDisk implements Storage {
  readonly files: Map<string, Buffer>
  readonly waiting: FileEffect[] = []

  constructor(files: ReadonlyMap<string, Buffer> = new Map()) {
    this.files = new Map(files)
  }

  read(name: string): Uint8Array | null {
    return this.files.get(name) ?? null
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
    this.files.set(to, this.files.get(from)!)
    this.files.delete(from)
  }

  remove(name: string): void {
    this.files.delete(name)
  }

  later(effect: FileEffect): void {
    this.waiting.push(effect)
  }

  /** One piece of background work. */
  step(): void {
    const effect = this.waiting.shift()
    if (effect === undefined) return
    doFileWork(effect, this)
    effect.done?.(undefined)
  }
}

/** What a node finds that starts on a copy of the files as they are. */
function foundOn(disk: SlowDisk): unknown {
  const node = new EngineNode({config: CONFIG})
  expect(node.core.boot(new SlowDisk(disk.files))).to.deep.equal({ok: true})
  return node.core.server.databases[0]!.peek('count')
}

describe('an AOF that is rewritten as often as possible', () => {
  it('has every acknowledged write at each moment, however late the disk gets to its work', () => {
    const disk = new SlowDisk()
    const node = new EngineNode({config: CONFIG, disk})
    node.core.boot(disk)
    const client = node.connect()
    for (let count = 1; count <= WRITES; count++) {
      client.call('BGREWRITEAOF')
      expect(foundOn(disk)).to.equal(count === 1 ? undefined : String(count - 1))
      client.call('INCR', 'count')
      expect(foundOn(disk)).to.equal(String(count))
      disk.step()
      expect(foundOn(disk)).to.equal(String(count))
    }
    expect(node.core.server.saving.aof.rewrites).to.be.above(2)
  })
})
