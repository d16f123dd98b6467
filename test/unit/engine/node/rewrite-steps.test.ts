/** An AOF that is rewritten while its node is killed at every step: the files tell the whole of the data at each of them. */
import {expect} from 'chai'
import {doFileWork} from '../../../../src/engine/apply-turn.js'
import {type FileEffect} from '../../../../src/engine/ports.js'
import {EngineNode} from '../../../support/engine/engine-node.js'
import {PaperDisk} from '../../../support/engine/paper-disk.js'

const CONFIG = {save: '', appendonly: 'yes', appendfsync: 'always'}
const WRITES = 20

/** Files in memory; work in the background is done when the test says so. */
class SlowDisk extends PaperDisk {
  readonly waiting: FileEffect[] = []

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
