import {expect} from 'chai'
import {printCheck, isClean, type Faults} from '../../../../src/cli/redis-cli/check-block.js'
import type {Cluster} from '../../../../src/cli/redis-cli/cluster.js'
import type {Dialogue} from '../../../../src/cli/redis-cli/dialogue.js'
import {parseArguments} from '../../../../src/cli/redis-cli/arguments.js'
import {printInfo} from '../../../../src/cli/redis-cli/info-block.js'
import {Printer} from '../../../../src/cli/redis-cli/printer.js'
import {wordsOf, type Flavour} from '../../../../src/cli/redis-cli/words.js'
import type {ClusterView} from '../../../../src/manager/view/cluster-view.js'
import {toTopology} from '../../../../src/manager/view/topology.js'
import {paperWorld, type PaperWorld} from '../../../support/paper-world.js'
import {changedPeer, clusterViewOf, importing, migrating, primaryId, uncovered} from '../../../support/topologies.js'

interface Told {
  readonly text: string
  readonly faults: Faults
}

function dialogueIn(world: PaperWorld, flavour: Flavour): Dialogue {
  const parsed = parseArguments(['--cluster', 'check', '10.0.0.1:7001'], {})
  if (parsed.kind !== 'run') throw new Error('not an invocation')
  const print = new Printer(world)
  // The blocks read no more of it than this.
  return {invocation: parsed.invocation, world, print, words: wordsOf(flavour)} as Partial<Dialogue> as Dialogue
}

function clusterOf(view: ClusterView): Cluster {
  return {view, topology: toTopology(view), nodes: view.nodes, unreachablePrimaries: 0}
}

async function told(view: ClusterView, rows = true): Promise<Told> {
  const world = paperWorld()
  const faults = await printCheck(clusterOf(view), dialogueIn(world, 'redis'), {rows})
  return {text: world.said(), faults}
}

describe('the check', () => {
  it('of a healthy cluster names each node, the seed first', async () => {
    const {text, faults} = await told(clusterViewOf({primaries: 3, replicasEach: 1}))
    const lines = text.split('\n')
    expect(lines.slice(0, 4)).to.deep.equal([
      '>>> Performing Cluster Check (using node 10.0.0.1:7001)',
      `M: ${primaryId(0)} 10.0.0.1:7001`,
      '   slots:[0-5460] (5461 slots) master',
      '   1 additional replica(s)',
    ])
    expect(text).to.contain(`   slots: (0 slots) slave\n   replicates ${primaryId(0)}\n`)
    expect(lines.slice(-5)).to.deep.equal([
      '[OK] All nodes agree about slots configuration.',
      '>>> Check for open slots...',
      '>>> Check slots coverage...',
      '[OK] All 16384 slots covered.',
      '',
    ])
    expect(isClean(faults)).to.equal(true)
  })

  it('can leave the rows out', async () => {
    const {text} = await told(clusterViewOf({primaries: 3}), false)
    expect(text).not.to.contain('M: ')
  })

  it('names open slots, node by node and all together', async () => {
    const open = [migrating(7, primaryId(0), primaryId(1)), importing(7, primaryId(1), primaryId(0))]
    const {text, faults} = await told(clusterViewOf({primaries: 3}, ...open), false)
    expect(text).to.contain(
      [
        '>>> Check for open slots...',
        '[WARNING] Node 10.0.0.1:7001 has slots in migrating state 7.',
        '[WARNING] Node 10.0.0.2:7002 has slots in importing state 7.',
        '[WARNING] The following slots are open: 7.',
      ].join('\n'),
    )
    expect(faults).to.include({openSlots: true, uncovered: false})
  })

  it('leaves an empty line behind uncovered slots', async () => {
    const {text, faults} = await told(clusterViewOf({primaries: 3}, uncovered('100-102')), false)
    expect(text).to.match(/\[ERR\] Not all 16384 slots are covered by nodes\.\n\n$/)
    expect(faults.uncovered).to.equal(true)
  })

  it('says that the nodes disagree', async () => {
    const forgetful = changedPeer(primaryId(1), primaryId(0), (line) => ({...line, slots: line.slots.lowest(10)}))
    const {text, faults} = await told(clusterViewOf({primaries: 3}, forgetful), false)
    expect(text).to.contain("[ERR] Nodes don't agree about configuration!\n")
    expect(faults.disagreement).to.equal(true)
  })
})

describe('the info block', () => {
  function info(flavour: Flavour): string {
    const world = paperWorld()
    printInfo(
      clusterOf(clusterViewOf({primaries: 3, replicasEach: 1, keys: [100, 92, 108]})),
      dialogueIn(world, flavour),
    )
    return world.said()
  }

  it('counts keys, slots and replicas per primary', () => {
    expect(info('redis')).to.equal(
      [
        '10.0.0.1:7001 (a0000000...) -> 100 keys | 5461 slots | 1 slaves.',
        '10.0.0.2:7002 (a0000001...) -> 92 keys | 5462 slots | 1 slaves.',
        '10.0.0.3:7003 (a0000002...) -> 108 keys | 5461 slots | 1 slaves.',
        '[OK] 300 keys in 3 masters.',
        '0.02 keys per slot on average.\n',
      ].join('\n'),
    )
  })

  it('speaks of replicas and primaries as valkey-cli does', () => {
    expect(info('valkey')).to.contain('| 1 replicas.\n').and.to.contain('[OK] 300 keys in 3 primaries.\n')
  })
})
