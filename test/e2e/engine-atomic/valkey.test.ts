/** The original beside ours: slots move whole between an engine node and a Valkey node, both ways, and both answer in the same words. */
import {expect} from 'chai'
import {startNode, type EngineNode} from '../../../src/engine/index.js'
import {slotsOf} from '../../support/cluster-facts.js'
import {ClusterLoad} from '../../support/engine/cluster-load.js'
import {describeOnServers} from '../../support/real-servers.js'
import {command, type RespTarget} from '../../support/resp.js'
import {startNodes, type ServerNode} from '../../support/server-nodes.js'
import {until} from '../../support/until.js'
import {changes, readEveryValue, writeEveryValue} from '../mixed-clusters/every-value.js'
import {answerTo, beginMigration, idOf, jobsOf, migrate, untilState} from './migrations.js'

/** Of the first node and of the second. */
const SLOTS = [100, 3300, 9000]
const BAD_ID = 'a'.repeat(40)

describeOnServers('atomic slot migration between the engine and', ['valkey-9.1'], (flavour) => {
  let ours: EngineNode
  let theirs: ServerNode

  before(async () => {
    const config = {'cluster-node-timeout': 2000, 'enable-debug-command': 'yes'}
    ours = await startNode({cluster: true, config})
    theirs = (await startNodes(flavour, 1, {config})).node(0)
    await command(ours, 'CLUSTER', 'ADDSLOTSRANGE', 0, 8191)
    await command(theirs, 'CLUSTER', 'ADDSLOTSRANGE', 8192, 16383)
    await command(ours, 'CLUSTER', 'SET-CONFIG-EPOCH', 1)
    await command(theirs, 'CLUSTER', 'SET-CONFIG-EPOCH', 2)
    await command(ours, 'CLUSTER', 'MEET', theirs.host, theirs.port, theirs.port + 10_000)
    await until(async () => (await isOk(ours)) && (await isOk(theirs)), {what: 'both to be ok', timeoutMs: 30_000})
  })
  after(() => ours.stop())

  it('moves values of every type and encoding there and back', async () => {
    await writeEveryValue([ours, theirs], SLOTS)
    const before = await readEveryValue([ours, theirs], SLOTS)
    await migrate(ours, '100 100 3300 3310', theirs)
    await untilState(theirs, 'success')
    await migrate(theirs, '9000 9999', ours)
    await untilState(ours, 'success')
    expect(await slotsOf([ours, theirs])).to.deep.equal([
      '0-99 101-3299 3311-8191 9000-9999',
      '100 3300-3310 8192-8999 10000-16383',
    ])
    expect(changes(before, await readEveryValue([ours, theirs], SLOTS))).to.deep.equal([])
    await migrate(theirs, '100 100 3300 3310', ours)
    await migrate(ours, '9000 9999', theirs)
    expect(changes(before, await readEveryValue([ours, theirs], SLOTS))).to.deep.equal([])
  })

  it('loses no acknowledged write while an application goes on', async () => {
    const load = await ClusterLoad.start([ours, theirs], 'mixed')
    for (let round = 0; round < 3; round++) {
      await migrate(ours, '0 4000', theirs)
      await migrate(theirs, '0 4000 9000 9999', ours)
      await migrate(ours, '9000 9999', theirs)
    }
    const {faults, acknowledged} = await load.stop()
    expect(faults).to.deep.equal([])
    expect(acknowledged).to.be.greaterThan(100)
  })

  it('tells of its jobs in the same fields, and fails them for the same reasons', async () => {
    await command(theirs, 'CLUSTER', 'SETSLOT', 1, 'IMPORTING', await idOf(ours))
    await beginMigration(ours, '3 3', theirs)
    const said = await untilState(ours, 'failed')
    await command(theirs, 'CLUSTER', 'SETSLOT', 1, 'STABLE')
    await command(ours, 'CLUSTER', 'SETSLOT', 9001, 'IMPORTING', await idOf(theirs))
    await beginMigration(theirs, '9003 9003', ours)
    expect(await untilState(theirs, 'failed')).to.equal(said)
    await command(ours, 'CLUSTER', 'SETSLOT', 9001, 'STABLE')
    const [our] = await jobsOf(ours)
    const [their] = await jobsOf(theirs)
    expect([...our!.keys()]).to.deep.equal([...their!.keys()])
  })

  it('is the same commands, in arity, flags and categories', async () => {
    const factsOf = async (node: RespTarget, word: string): Promise<string> =>
      JSON.stringify(await command(node, 'COMMAND', 'INFO', `cluster|${word}`))
    for (const word of ['migrateslots', 'getslotmigrations', 'cancelslotmigrations', 'syncslots']) {
      expect(await factsOf(ours, word)).to.equal(await factsOf(theirs, word))
    }
  })

  it('refuses in the same words', async () => {
    const asked = async (node: RespTarget, other: RespTarget, mine: number, others: number): Promise<string[]> => {
      const answers: string[] = []
      for (const words of refusals(await idOf(node), await idOf(other), mine, others)) {
        answers.push(`${words.slice(0, 3).join(' ')}… ${await answerTo(node, 'CLUSTER', ...words)}`)
      }
      return answers
    }
    const [our, their] = [await asked(ours, theirs, 20, 9020), await asked(theirs, ours, 9020, 20)]
    const ranges = (answer: string): string => answer.replace(/\b(20|9020)\b/g, 'N').replace(/\b(21|9021)\b/g, 'N+1')
    expect(our.map(ranges)).to.deep.equal(their.map(ranges))
  })
})

async function isOk(node: RespTarget): Promise<boolean> {
  return String(await command(node, 'CLUSTER', 'INFO')).includes('cluster_state:ok')
}

/** `mine`: a slot of the node that is asked; `others`: one of the other's. */
function refusals(id: string, other: string, mine: number, others: number): (string | number)[][] {
  const move = (...words: (string | number)[]): (string | number)[] => ['MIGRATESLOTS', ...words]
  const establish = (...words: (string | number)[]): (string | number)[] => ['SYNCSLOTS', 'ESTABLISH', ...words]
  return [
    ['MIGRATESLOTS'],
    move('SLOTSRANGE', mine, mine, 'NODE', id),
    move('SLOTSRANGE', mine, mine, 'NODE', 'short'),
    move('SLOTSRANGE', mine, mine, 'NODE', BAD_ID),
    move('SLOTSRANGE', others, others, 'NODE', other),
    move('SLOTSRANGE', 0, 16_383, 'NODE', other),
    move('SLOTSRANGE', mine + 1, mine, 'NODE', other),
    move('SLOTSRANGE', mine, mine, mine, mine + 1, 'NODE', other),
    move('SLOTSRANGE', mine, mine, 'NODE', other, 'SLOTSRANGE', mine, mine + 1, 'NODE', other),
    move('SLOTSRANGE', 'NODE', other),
    move('SLOTSRANGE', mine),
    move('SLOTSRANGE', mine, 'x', 'NODE', other),
    move('SLOTSRANGE', mine, 20_000, 'NODE', other),
    move('SLOTSRANGE', -1, mine, 'NODE', other),
    move('SLOT', mine, mine, 'NODE', other),
    move('SLOTSRANGE', mine, mine, 'NODE'),
    move('SLOTSRANGE', mine, mine, 'TO', other),
    ['CANCELSLOTMIGRATIONS'],
    ['CANCELSLOTMIGRATIONS', 'ALL'],
    ['GETSLOTMIGRATIONS', 'x'],
    ['SYNCSLOTS'],
    ['SYNCSLOTS', 'nonsense'],
    ...['ACK', 'SNAPSHOT-EOF', 'PAUSED', 'FAILOVER-GRANTED', 'REQUEST-PAUSE', 'REQUEST-FAILOVER'].map((word) => [
      'SYNCSLOTS',
      word,
    ]),
    establish('SOURCE', other, 'NAME', BAD_ID),
    establish('SOURCE', other, 'NAME', BAD_ID, 'SLOTSRANGE', mine, mine),
    establish('SOURCE', id, 'NAME', BAD_ID, 'SLOTSRANGE', mine, mine),
    establish('SOURCE', BAD_ID, 'NAME', BAD_ID, 'SLOTSRANGE', mine, mine),
    establish('SOURCE', other, 'NAME', 'short', 'SLOTSRANGE', others, others),
    establish('NAME', BAD_ID, 'SLOTSRANGE', others, others),
    establish('NAME', BAD_ID, 'NAME', BAD_ID),
    ['SYNCSLOTS', 'FINISH', 'STATE', 'success'],
    ['SYNCSLOTS', 'FINISH', 'STATE', 'success', 'NAME', BAD_ID],
    ['SYNCSLOTS', 'FINISH', 'STATE', 'success', 'NAME', 'short'],
  ]
}
