import {expect} from 'chai'
import {planFromJson, planToJson} from '../../../../src/manager/plan/plan-json.js'
import {scanSizes} from '../../../../src/manager/execute/scan-sizes.js'
import {planReshard} from '../../../../src/manager/plan/reshard.js'
import {SlotSet} from '../../../../src/model/slot-set.js'
import {scriptedPool, type Script} from '../../../support/scripted-pool.js'
import {accepted, movesOf} from '../../../support/plans.js'
import {primaryId, topologyOf} from '../../../support/topologies.js'

const [A, B] = [primaryId(0), primaryId(1)]

/** Slot 7 of the first primary holds a string of 50 MB and a hash of 20 MB, all others nothing. */
const SCRIPT: Script = (node, command) => {
  if (command === 'INFO') return 'cluster_enabled:1\r\nrole:master\r\ndb0:keys=3,expires=0,avg_ttl=0\r\n'
  if (command === 'CLUSTER NODES') return `${A} ${node}@17001 myself,master - 0 0 1 connected 0-8191`
  if (command === 'CLUSTER INFO') return 'cluster_state:ok\r\n'
  if (command.startsWith('CLUSTER COUNTKEYSINSLOT')) return command.endsWith(' 7') ? 3 : 0
  if (command.startsWith('CLUSTER GETKEYSINSLOT')) {
    return command.includes(' 7 ') ? ['small', 'hash', 'string'].map((key) => Buffer.from(key)) : []
  }
  if (command.startsWith('MEMORY USAGE')) return {small: 60, hash: 2e7, string: 5e7}[command.split(' ')[2]!]!
  if (command.startsWith('TYPE')) return command.slice('TYPE '.length)
  return command.startsWith('STRLEN') ? 5e7 : 1_000
}

describe('looking at sizes before a plan is shown', () => {
  const plan = accepted(planReshard(topologyOf({primaries: 2}), {slots: SlotSet.parse('0-9')!, to: B, from: [A]}))

  it('lists the big keys that will move, the longest stall first, and marks their slots', async () => {
    const scanned = await scanSizes(scriptedPool(SCRIPT), plan)
    expect(scanned.bigKeys!.map(({key, slot, node, bytes}) => ({key, slot, node, bytes}))).to.deep.equal([
      {key: 'string', slot: 7, node: A, bytes: 5e7},
      {key: 'hash', slot: 7, node: A, bytes: 2e7},
    ])
    expect(movesOf(scanned)).to.deep.equal([{...movesOf(plan)[0]!, bigKeySlots: '7'}])
    expect(planFromJson(planToJson(scanned))).to.deep.equal({ok: true, plan: scanned})
  })

  it('changes nothing on any node', async () => {
    const pool = scriptedPool(SCRIPT)
    await scanSizes(pool, plan)
    expect(pool.heard.filter((line) => /SETSLOT|CONFIG SET|MIGRATE/.test(line))).to.deep.equal([])
  })

  it('has nothing to look at in a plan that moves no keys', async () => {
    const pool = scriptedPool(SCRIPT)
    const empty = {...plan, phases: []}
    expect(await scanSizes(pool, empty)).to.equal(empty)
    expect(pool.heard).to.deep.equal([])
  })
})
