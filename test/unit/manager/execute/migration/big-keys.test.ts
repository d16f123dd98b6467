import {expect} from 'chai'
import {address, type Address} from '../../../../../src/model/address.js'
import type {NodeId} from '../../../../../src/model/node-id.js'
import type {ExecutionEvent} from '../../../../../src/manager/execute/event.js'
import {moveSlots} from '../../../../../src/manager/execute/steps/move-slots.js'
import type {BigKeyHandling} from '../../../../../src/manager/plan/big-keys.js'
import {DEFAULT_SETTINGS} from '../../../../../src/manager/plan/plan.js'
import type {ManagerClock} from '../../../../../src/manager/ports.js'
import {failureOf} from '../../../../support/failure-of.js'
import {paperContext} from '../../../../support/paper-context.js'
import {errorReply, handClock, scriptedPool, type ScriptedPool} from '../../../../support/scripted-pool.js'

const [SOURCE, TARGET] = ['a'.repeat(40), 'b'.repeat(40)]
const ADDRESSES = new Map<NodeId, Address>([
  [SOURCE, address('source', 1)],
  [TARGET, address('target', 1)],
])
const LINES: Readonly<Record<string, string>> = {
  source: `${SOURCE} source:1@10001`,
  target: `${TARGET} target:1@10001`,
}
const SLOTS: Readonly<Record<string, string>> = {source: '0-2', target: '3-16383'}
const MB = 1_000_000

interface Shape {
  readonly keys: Readonly<Record<number, readonly string[]>>
  /** Strings of so many MB; others are small. */
  readonly big: Readonly<Record<string, number>>
  readonly handling?: BigKeyHandling
  readonly step?: {readonly bigKeySlots: string}
  readonly open?: string
  readonly nodeTimeoutMs?: number
  readonly usedMb?: number
  readonly refuses?: (command: string) => string | undefined
}

interface World {
  readonly pool: ScriptedPool
  readonly clock: ManagerClock
  readonly events: ExecutionEvent[]
  run(): Promise<void>
}

/** Two nodes; a MIGRATE takes 10 ms for each MB. */
function worldWith(shape: Shape): World {
  const {keys, big, nodeTimeoutMs = 15_000} = shape
  const held = new Map(Object.entries(keys).map(([slot, names]) => [slot, [...names]]))
  const clock = handClock()
  const bytesOf = (key: string): number => (big[key] ?? 0.0001) * MB
  const nodesOf = (name: string): string => {
    const line = (each: string): string => {
      const mine = each === name
      return `${LINES[each]} ${mine ? 'myself,' : ''}master - 0 0 1 connected ${SLOTS[each]}${mine && each === 'source' ? (shape.open ?? '') : ''}`
    }
    return `${line('source')}\n${line('target')}`
  }
  const migrate = (command: string): string => {
    const moving = command.slice(command.indexOf('KEYS ') + 5).split(' ')
    void clock.sleep(moving.reduce((sum, key) => sum + bytesOf(key) / 100_000, 0))
    for (const [slot, names] of held) {
      held.set(
        slot,
        names.filter((key) => !moving.includes(key)),
      )
    }
    return 'OK'
  }
  const pool = scriptedPool((node, command, argv) => {
    const refusal = shape.refuses?.(command)
    if (refusal !== undefined) return errorReply(refusal)
    const [name, sub, third] = argv.map((each) =>
      typeof each === 'object' ? Buffer.from(each).toString() : String(each),
    )
    if (name === 'INFO') {
      return `cluster_enabled:1\r\nredis_version:7.0.15\r\nrole:master\r\nused_memory:${(shape.usedMb ?? 1) * MB}\r\n`
    }
    if (command === 'CLUSTER NODES') return nodesOf(node.split(':')[0]!)
    if (command === 'CLUSTER INFO') return 'cluster_state:ok\r\n'
    if (sub === 'COUNTKEYSINSLOT') return held.get(third!)?.length ?? 0
    if (sub === 'GETKEYSINSLOT') return [...(held.get(third!) ?? [])]
    if (name === 'MEMORY') return bytesOf(third!)
    if (name === 'STRLEN') return bytesOf(sub!)
    if (name === 'TYPE') return 'string'
    if (command.startsWith('CONFIG GET cluster-node-timeout')) return ['cluster-node-timeout', String(nodeTimeoutMs)]
    return name === 'MIGRATE' ? migrate(command) : 'OK'
  })
  const bigKeys = shape.handling !== undefined && {bigKeys: {bytes: 10 * MB, handling: shape.handling}}
  const {context, events} = paperContext(pool, ADDRESSES, {clock, settings: {...DEFAULT_SETTINGS, ...bigKeys}})
  const step = {kind: 'move-slots', slots: '0-2', source: SOURCE, target: TARGET, ...shape.step} as const
  return {pool, clock, events, run: () => moveSlots(step, context)}
}

/** The keys of each MIGRATE, in order. */
function batches({pool}: World): string[] {
  return pool.heard.flatMap((line) => (line.includes('MIGRATE ') ? [line.slice(line.indexOf('KEYS ') + 5)] : []))
}

function told({events}: World): string[] {
  return events.flatMap((event) =>
    event.kind === 'big-key' ? [`${Buffer.from(event.key).toString()} ${event.treatment}`] : [],
  )
}

/** Questions for sizes; the samples of what keys weigh, which progress is told with, are others. */
function asked({pool}: World): string[] {
  return pool.heard.filter((line) => /MEMORY USAGE .* SAMPLES/.test(line))
}

describe('big keys of a lane', () => {
  it('cost nothing where there are none: nobody is asked for sizes', async () => {
    const world = worldWith({keys: {0: ['a', 'b'], 1: ['c']}, big: {}})
    await world.run()
    expect(asked(world)).to.deep.equal([])
    expect(batches(world)).to.deep.equal(['a b', 'c'])
  })

  it('are looked for when a batch was slow, and go one by one after all others of the window', async () => {
    const world = worldWith({
      keys: {0: ['first'], 1: ['huge', 'a', 'big'], 2: ['b']},
      big: {first: 12, huge: 40, big: 20},
    })
    await world.run()
    expect(batches(world)).to.deep.equal(['first', 'a', 'b', 'big', 'huge'])
    expect(told(world)).to.deep.equal(['huge last', 'big last'])
  })

  it('are looked for less and less eagerly when it is in vain: slowness has other reasons, too', async () => {
    const world = worldWith({keys: {0: ['a'], 1: ['b'], 2: ['c']}, big: {a: 9, b: 9}})
    await world.run()
    expect(asked(world).map((line) => line.split(' ')[3])).to.deep.equal(['b', 'c'])
  })

  it('are known before a slot is opened where a plan found them, and such slots are the last ones', async () => {
    const world = worldWith({keys: {0: ['huge'], 1: ['a'], 2: ['b']}, big: {huge: 40}, step: {bigKeySlots: '0'}})
    await world.run()
    expect(batches(world)).to.deep.equal(['a', 'b', 'huge'])
    const first = world.pool.heard.findIndex((line) => line.includes(' SAMPLES '))
    expect(first).to.be.lessThan(world.pool.heard.findIndex((line) => line.includes('IMPORTING')))
  })

  it('stay when they are to be skipped, and their slots are never opened', async () => {
    const world = worldWith({keys: {0: ['a'], 1: ['huge', 'b'], 2: ['c']}, big: {huge: 40}, handling: 'skip'})
    await world.run()
    expect(batches(world)).to.deep.equal(['a', 'c'])
    expect(told(world)).to.deep.equal(['huge left'])
    expect(world.pool.heard.some((line) => /SETSLOT 1 /.test(line))).to.equal(false)
  })

  it('are moved all the same when their slot is open already: an open slot is finished, never left', async () => {
    const open = ` [1->-${TARGET}]`
    const world = worldWith({keys: {1: ['huge']}, big: {huge: 40}, handling: 'skip', open})
    await world.run()
    expect(batches(world)).to.deep.equal(['huge'])
    expect(told(world)).to.deep.equal(['huge last'])
  })

  it('go as they come when nobody is to look', async () => {
    const world = worldWith({
      keys: {0: ['huge', 'a'], 1: ['b']},
      big: {huge: 40},
      handling: 'as-they-come',
      step: {bigKeySlots: '0'},
    })
    await world.run()
    expect(asked(world)).to.deep.equal([])
    expect(batches(world)).to.deep.equal(['b', 'huge a'])
  })

  it('go as they come, which is told once, when the user may not ask for sizes', async () => {
    const world = worldWith({
      keys: {0: ['big'], 1: ['a'], 2: ['b']},
      big: {big: 20},
      refuses: (command) => (command.startsWith('MEMORY') ? 'NOPERM no permissions' : undefined),
    })
    await world.run()
    expect(batches(world)).to.deep.equal(['big', 'a', 'b'])
    const notes = world.events.filter((event) => event.kind === 'noted')
    expect(notes).to.have.lengthOf(1)
  })
})

describe('a big key whose stall is long beside the node timeout', () => {
  /** 200 MB are expected to stop the nodes for 2 s. */
  const dangerous = {keys: {1: ['huge']}, big: {huge: 200}, nodeTimeoutMs: 2_000, usedMb: 210}

  it('is known before its slot is opened, for all that the source holds could be one key', async () => {
    const world = worldWith(dangerous)
    await world.run()
    const heard = world.pool.heard
    const raised = heard.findIndex((line) => /CONFIG SET cluster-node-timeout 1\d{4}/.test(line))
    const moved = heard.findIndex((line) => line.includes('MIGRATE '))
    const restored = heard.lastIndexOf('target:1 CONFIG SET cluster-node-timeout 2000')
    expect(raised).to.be.within(0, moved)
    expect(restored).to.be.greaterThan(moved)
    expect(heard[moved]).to.match(/MIGRATE target 1 {2}0 60000 KEYS huge/)
  })

  it('is refused with the ways out, and nothing is opened, where the timeouts cannot be raised', async () => {
    const refuses = (command: string): string | undefined => {
      return command.startsWith('CONFIG SET') ? 'NOPERM no permissions' : undefined
    }
    const world = worldWith({...dangerous, refuses})
    const error = await failureOf(world.run())
    expect(error.code).to.equal('big-key')
    expect(error.message).to.match(/key "huge" of slot 1 \(string, 190\.7 MiB\) would stop its nodes for about 2001 ms/)
    expect(error.hint).to.include('--big-keys skip')
    expect(world.pool.heard.some((line) => line.includes('SETSLOT'))).to.equal(false)
  })

  it('that is more than the target takes in one piece is not tried', async () => {
    const world = worldWith({...dangerous, big: {huge: 600}, usedMb: 650})
    const error = await failureOf(world.run())
    expect(error.message).to.match(
      /cannot be moved by MIGRATE: its payload of about 572\.2 MiB.*proto-max-bulk-len.*512\.0 MiB/,
    )
    expect(batches(world)).to.deep.equal([])
  })
})
