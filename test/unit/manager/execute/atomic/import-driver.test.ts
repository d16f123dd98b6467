import {expect} from 'chai'
import {address} from '../../../../../src/model/address.js'
import {SlotSet} from '../../../../../src/model/slot-set.js'
import type {MigrationDriver} from '../../../../../src/manager/execute/atomic/driver.js'
import {importDriver} from '../../../../../src/manager/execute/atomic/import-driver.js'
import type {Reply} from '../../../../../src/manager/ports.js'
import {Redis84, type Redis84Options, type StandInNode} from '../../../../support/redis-84.js'
import {errorReply, scriptedPool} from '../../../../support/scripted-pool.js'

const SOURCE = 'a'.repeat(40)
const TARGET = 'b'.repeat(40)

interface World {
  readonly redis: Redis84
  readonly driver: MigrationDriver
  /** The other way round. */
  readonly back: MigrationDriver
}

function worldOf(options?: Redis84Options): World {
  const nodes: StandInNode[] = [
    {id: SOURCE, host: 'source', port: 1, slots: SlotSet.parse('0-99')!},
    {id: TARGET, host: 'target', port: 2, slots: SlotSet.parse('100-199')!},
  ]
  const redis = new Redis84(nodes, options)
  const pool = scriptedPool((name, _command, argv) => {
    const answer = redis.answer(
      nodes.find(({host, port}) => name === `${host}:${port}`)!,
      argv.map(String),
    )
    return answer instanceof Error ? errorReply(answer.message) : (answer as Reply)
  })
  const addresses = new Map(nodes.map(({id, host, port}) => [id, address(host, port)]))
  const connect = (id: string): ReturnType<typeof pool.connect> => pool.connect(addresses.get(id)!)
  return {
    redis,
    driver: importDriver({source: SOURCE, target: TARGET, connect}),
    back: importDriver({source: TARGET, target: SOURCE, connect}),
  }
}

const FIVE = SlotSet.parse('0-3 9')!

/** The state of the newest job, look by look. */
async function statesOf(driver: MigrationDriver, looks: number): Promise<string[]> {
  const seen: string[] = []
  for (let look = 0; look < looks; look++) seen.push((await driver.jobs())[0]!.state)
  return seen
}

describe('atomic slot migration of Redis 8.4', () => {
  it('is asked of the target, which names the job', async () => {
    const {driver, redis} = worldOf()
    const id = await driver.start(FIVE)
    expect(redis.heard).to.deep.equal(['2 IMPORT 0 3 9 9'])
    const [job] = await driver.jobs()
    expect({...job, slots: job!.slots.toString()}).to.deep.equal({
      ...{id, slots: '0-3 9', state: 'running', phase: 'connecting', message: '', bytesLeft: null, mayStall: false},
    })
    expect(await statesOf(driver, 4)).to.deep.equal(['running', 'running', 'handing-over', 'succeeded'])
    expect(await driver.unfinished(FIVE)).to.deep.equal([])
  })

  it('is not begun while one of the nodes is at another: it has to wait', async () => {
    const {driver, back} = worldOf()
    await driver.start(FIVE)
    expect(await driver.start(SlotSet.of([50]))).to.equal(undefined)
    expect(await back.start(SlotSet.of([150]))).to.equal(undefined)
  })

  it('is unfinished on both ends until it is over, for whoever asks about its slots', async () => {
    const {driver} = worldOf()
    await driver.start(FIVE)
    expect((await driver.unfinished(SlotSet.of([9, 80]))).map(({node, reason}) => `${node} ${reason}`)).to.deep.equal([
      'source:1 has a migration of slots 0-3 9 to end first: send-stream',
      'target:2 has a migration of slots 0-3 9 to end first: connecting',
    ])
    expect(await driver.unfinished(SlotSet.of([80]))).to.deep.equal([])
  })

  it('has failed when the target has tried it again often enough, though it would go on', async () => {
    const {driver} = worldOf({fails: () => true})
    await driver.start(FIVE)
    const states = await statesOf(driver, 12)
    expect(states.filter((state) => state === 'running').length).to.be.within(8, 10)
    expect(states.at(-1)).to.equal('failed')
    expect((await driver.jobs())[0]!.message).to.include('Connection is closed')
    expect((await driver.unfinished(FIVE)).length).to.be.greaterThan(0)
  })

  it('is cancelled on both ends, for the target alone would go on', async () => {
    const {driver, redis} = worldOf()
    const id = (await driver.start(FIVE))!
    expect(await driver.cancel([id])).to.be.true
    expect(redis.heard.slice(1)).to.deep.equal(['2 CANCEL ID', '1 CANCEL ID'])
    expect(await driver.unfinished(FIVE)).to.deep.equal([])
    expect(await statesOf(driver, 1)).to.deep.equal(['failed'])
  })

  it('is not cancelled while it hands over', async () => {
    const {driver, redis} = worldOf()
    const id = (await driver.start(FIVE))!
    await statesOf(driver, 3)
    expect(await driver.cancel([id])).to.be.false
    expect(redis.heard.filter((line) => line.includes('CANCEL'))).to.deep.equal([])
    expect(await statesOf(driver, 1)).to.deep.equal(['succeeded'])
  })

  it('tells in its own words why it refuses', async () => {
    const {driver} = worldOf()
    const refusals: string[] = []
    for (const slots of ['90-110', '100']) {
      await driver.start(SlotSet.parse(slots)!).catch((error: unknown) => refusals.push((error as Error).message))
    }
    expect(refusals).to.deep.equal([
      'ERR slots belong to different source nodes',
      'ERR this node is already the owner of the slot range',
    ])
  })
})
