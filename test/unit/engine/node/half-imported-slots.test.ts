/** A node that ends in the middle of an import of slots: what its files have of the keys is seen by nobody when it starts again. */
import {expect} from 'chai'
import {doFileWork} from '../../../../src/engine/apply-turn.js'
import {type FileEffect} from '../../../../src/engine/ports.js'
import {EngineNode} from '../../../support/engine/engine-node.js'
import {PaperDisk} from '../../../support/engine/paper-disk.js'

const NAME = 'd'.repeat(40)
/** Of `{b}`. */
const SLOT = 3300
const COMMANDS = {'aof-use-rdb-preamble': 'no'}

/** Work in the background is done at once. */
class QuickDisk extends PaperDisk {
  later(effect: FileEffect): void {
    doFileWork(effect, this)
    effect.done?.(undefined)
  }
}

describe('keys of slots that have arrived by half', () => {
  function start(disk: QuickDisk, config: Readonly<Record<string, string>>): EngineNode {
    const node = new EngineNode({
      config: {save: '', 'cluster-enabled': 'yes', appendonly: 'yes', ...config},
      disk,
    })
    expect(node.core.boot(disk)).to.deep.equal({ok: true})
    return node
  }

  /** An import under way, as a replica of the target has it, and an AOF that is rewritten meanwhile. */
  function rewriteInTheMiddle(disk: QuickDisk, config: Readonly<Record<string, string>>): EngineNode {
    const node = start(disk, config)
    const {slotMigrations, databases, saving} = node.core.server
    slotMigrations!.startImport({name: NAME, ranges: [[SLOT, SLOT]], source: undefined}, undefined)
    databases[0]!.set('{b}1', 'half')
    databases[0]!.set('own', 'whole')
    expect(node.connect().call('BGREWRITEAOF')).to.match(/^Background/)
    for (let turns = 0; saving.aof.isRewriting && turns < 100; turns++) node.advance(100)
    expect(saving.aof).to.include({isRewriting: false, rewrites: 1})
    return node
  }

  const seen = (node: EngineNode): unknown => {
    const client = node.connect()
    const jobs = node.core.server.slotMigrations!.jobs.map(({state, message}) => [state, message])
    return {keys: client.call('KEYS', '*'), inSlot: client.call('CLUSTER', 'COUNTKEYSINSLOT', SLOT), jobs}
  }

  for (const config of [{}, COMMANDS]) {
    it(`are gone after a restart on an AOF that was rewritten in the middle ${JSON.stringify(config)}`, () => {
      const disk = new QuickDisk()
      rewriteInTheMiddle(disk, config)
      const again = start(disk, config)
      expect(seen(again)).to.deep.equal({keys: ['own'], inSlot: 0, jobs: [['failed', 'Process restarted']]})
    })

    it(`are there when the import has ended well since ${JSON.stringify(config)}`, () => {
      const disk = new QuickDisk()
      const node = rewriteInTheMiddle(disk, config)
      node.turn(({server}) => server.slotMigrations!.find(NAME)!.finish('success'))
      const again = start(disk, config)
      expect(seen(again)).to.deep.include({inSlot: 1, jobs: [['success', '']]})
      expect(again.connect().call('DBSIZE')).to.equal(2)
    })
  }
})
