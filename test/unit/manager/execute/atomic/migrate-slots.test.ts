import {expect} from 'chai'
import type {ExecutionEvent} from '../../../../../src/manager/execute/event.js'
import type {StepContext} from '../../../../../src/manager/execute/step-context.js'
import {migrateSlots} from '../../../../../src/manager/execute/steps/migrate-slots.js'
import {SlotSet} from '../../../../../src/model/slot-set.js'
import {failureOf} from '../../../../support/failure-of.js'
import {paperMigrations, SOURCE, TARGET, type PaperMigrations} from '../../../../support/paper-migrations.js'
import {errorReply, handClock} from '../../../../support/scripted-pool.js'

const migrate = (world: PaperMigrations, {fallback = true, slots = '0-9'} = {}): Promise<void> =>
  migrateSlots(
    {kind: 'migrate-slots', slots, source: SOURCE, target: TARGET, ...(fallback ? {fallback} : {})},
    world.context,
  )

/** Commands that change something, without their names of nodes. */
function changes({pool}: PaperMigrations): string[] {
  return pool.heard
    .filter((line) => /MIGRATESLOTS|CANCEL|SETSLOT|MIGRATE /.test(line))
    .map((line) => line.replace(/ NODE \S+$/, '').replace(/^source:1 CLUSTER /, ''))
}

function notes(events: readonly ExecutionEvent[]): string[] {
  return events.flatMap((event) => (event.kind === 'noted' ? [event.message] : []))
}

/** The operator wants to stop at once when the first job runs. */
function killedAtWork({context, jobs, kill}: PaperMigrations): StepContext {
  const {clock} = context
  const sleep = (ms: number): Promise<void> => {
    if (jobs.length > 0) kill.abort()
    return clock.sleep(ms)
  }
  return {...context, clock: {...clock, sleep}}
}

function movedSlots(events: readonly ExecutionEvent[]): string {
  return SlotSet.of(events.flatMap((event) => (event.kind === 'slot-moved' ? [event.slot] : []))).toString()
}

describe('migrating slots atomically', () => {
  it('asks the source, and tells of each slot once, with its keys', async () => {
    const world = paperMigrations({keysInSlot: 3})
    await migrate(world)
    expect(changes(world)).to.deep.equal(['MIGRATESLOTS SLOTSRANGE 0 9'])
    expect(world.owned(TARGET)).to.equal('0-9')
    const keys = world.events.flatMap((event) => (event.kind === 'keys-moved' ? [event.keys] : []))
    expect({slots: movedSlots(world.events), keys}).to.deep.equal({slots: '0-9', keys: [30]})
  })

  it('cuts many keys into ranges, two of which are asked for ahead, and tells of each as it ends', async () => {
    const course = ['snapshotting:500', 'waiting-to-pause:10', 'success']
    const world = paperMigrations({slots: '0-9', keysInSlot: 10_000, course: () => course})
    await migrate(world)
    expect(changes(world)).to.deep.equal([
      'MIGRATESLOTS SLOTSRANGE 0 1',
      'MIGRATESLOTS SLOTSRANGE 2 4',
      'MIGRATESLOTS SLOTSRANGE 5 6',
      'MIGRATESLOTS SLOTSRANGE 7 9',
    ])
    const firstMoved = world.pool.heard.findIndex((line) => line.includes('MIGRATESLOTS SLOTSRANGE 5 6'))
    expect(world.pool.heard.slice(0, firstMoved).filter((line) => line.includes(' MIGRATESLOTS'))).to.have.length(2)
    const keys = world.events.flatMap((event) => (event.kind === 'keys-moved' ? [event.keys] : []))
    expect(keys).to.deep.equal([20_000, 30_000, 20_000, 30_000])
  })

  it('finds its work done', async () => {
    const world = paperMigrations()
    await migrate(world)
    const events = world.events.length
    await migrate(world)
    expect(changes(world)).to.have.length(1)
    expect(world.events).to.have.length(events)
  })

  it('waits for the migration that an earlier run began, instead of failing', async () => {
    const running = {slots: '0-5', course: ['snapshotting:9', 'snapshotting:8', 'success']}
    const world = paperMigrations({running})
    await migrate(world)
    expect(changes(world)).to.deep.equal(['MIGRATESLOTS SLOTSRANGE 6 9'])
    expect(movedSlots(world.events)).to.equal('0-9')
  })

  it('does not wait for ever for one that never ends, and says what would end it', async () => {
    const running = {slots: '0-5', course: Array.from({length: 5000}, (_, look) => `waiting-to-pause:${look % 7}`)}
    const world = paperMigrations({running})
    const error = await failureOf(migrate(world))
    expect([error.code, error.node]).to.deep.equal(['timed-out', 'source:1'])
    expect(error.message).to.include('has a migration of slots 0-5 to end first: waiting-to-pause')
    expect(error.hint).to.equal('CLUSTER CANCELSLOTMIGRATIONS on its source would end it')
    expect(changes(world)).to.deep.equal([])
  })

  it('refuses slots that neither end has', async () => {
    const world = paperMigrations({slots: '0-5'})
    const error = await failureOf(migrate(world))
    expect([error.code, error.message]).to.deep.equal(['stale-plan', 'does not own slots 6-9 any more'])
    expect(changes(world)).to.deep.equal([])
  })

  it('says how many bytes are left, where it takes its time', async () => {
    const course = [...new Array<string>(60).fill('snapshotting:4096'), 'success']
    const world = paperMigrations({course: () => course})
    await migrate(world)
    expect(world.events.find(({kind}) => kind === 'waiting')).to.deep.equal({
      kind: 'waiting',
      step: '0.0',
      reason: 'source:1 is moving slots 0-9: snapshotting',
      bytesLeft: 4096,
    })
  })
})

describe('an atomic migration that fails', () => {
  it('is tried again in smaller ranges, only for what is still at the source', async () => {
    const failing = ['snapshotting:1', 'failed:protocol error']
    const world = paperMigrations({course: (nth) => (nth < 2 ? failing : ['success'])})
    await migrate(world)
    expect(changes(world)).to.deep.equal([
      'MIGRATESLOTS SLOTSRANGE 0 9',
      ...['MIGRATESLOTS SLOTSRANGE 0 4', 'MIGRATESLOTS SLOTSRANGE 5 9'],
      ...['MIGRATESLOTS SLOTSRANGE 0 1', 'MIGRATESLOTS SLOTSRANGE 2 4'],
    ])
    expect(notes(world.events)).to.deep.equal([
      'atomic slot migration failed: protocol error; trying again',
      'atomic slot migration failed: protocol error; trying again',
    ])
    expect(movedSlots(world.events)).to.equal('0-9')
  })

  it('has as many attempts again when one has brought some slots over, but not without end', async () => {
    const world = paperMigrations({course: (nth) => (nth % 3 === 1 ? ['success'] : ['failed:by chance'])})
    await migrate(world, {slots: '0-99'})
    expect(notes(world.events)).to.have.length(10)
    expect(notes(world.events).at(-1)).to.match(/falls back to MIGRATE for \d+ slots, .* failed 10 times: by chance/)
    expect([world.owned(SOURCE), movedSlots(world.events)]).to.deep.equal(['', '0-99'])
  })

  it('falls back to MIGRATE after three attempts, and says why', async () => {
    const world = paperMigrations({course: () => ['failed:no luck']})
    await migrate(world, {slots: '0-1'})
    expect(notes(world.events).at(-1)).to.equal(
      'source:1 falls back to MIGRATE for 2 slots, because atomic slot migration failed 3 times: no luck',
    )
    expect(changes(world).filter((line) => line.includes('IMPORTING'))).to.have.length(2)
    expect([world.owned(TARGET), movedSlots(world.events)]).to.deep.equal(['0-1', '0-1'])
  })

  it('falls back when the server refuses it outright', async () => {
    const world = paperMigrations({course: () => errorReply('ERR Slots are being manually imported')})
    await migrate(world, {slots: '0'})
    expect(notes(world.events).at(-1)).to.include('3 times: ERR Slots are being manually imported')
    expect(world.owned(TARGET)).to.equal('0')
  })

  it('takes no other way when this one was asked for', async () => {
    const world = paperMigrations({course: () => ['failed:no luck']})
    const error = await failureOf(migrate(world, {fallback: false}))
    expect(error.message).to.equal('atomic slot migration failed: no luck')
    expect(error.hint).to.equal('no slot was left open; run the command again, or with --no-atomic')
    expect(changes(world).some((line) => line.includes('SETSLOT'))).to.be.false
  })

  it('takes no other way to a target without memory, for MIGRATE would leave slots open there', async () => {
    const lost = 'Connection lost to target. Check CLUSTER GETSLOTMIGRATIONS on the target node for more information.'
    const targetSays = 'Ran out of memory (OOM) during slot import'
    const world = paperMigrations({course: () => [`failed:${lost}`], targetSays})
    const error = await failureOf(migrate(world))
    expect(error.message).to.equal(`atomic slot migration failed: ${targetSays}`)
    expect(error.hint).to.include('more memory')
    expect(changes(world)).to.deep.equal(['MIGRATESLOTS SLOTSRANGE 0 9'])
  })

  it('is told in the words of the source where the target knows no more', async () => {
    const lost = 'Connection lost to target. Check CLUSTER GETSLOTMIGRATIONS on the target node for more information.'
    const world = paperMigrations({course: () => [`failed:${lost}`], targetSays: lost.replaceAll('target', 'source')})
    const error = await failureOf(migrate(world, {fallback: false}))
    expect(error.message).to.equal(`atomic slot migration failed: ${lost}`)
  })

  it('is no failure when the target has the slots all the same', async () => {
    const world = paperMigrations({slots: '0-9', course: () => ['success']})
    const forget = world.jobs.unshift.bind(world.jobs)
    world.jobs.unshift = (...jobs) => forget(...jobs.map((job) => ({...job, name: 'renamed'})))
    await migrate(world)
    expect(movedSlots(world.events)).to.equal('0-9')
  })
})

describe('an atomic migration whose stream never drains', () => {
  const endless = Array.from({length: 5_000}, (_, look) => `waiting-to-pause:${1000 + (look % 7)}`)

  it('is cancelled, tried again, and then goes with MIGRATE', async () => {
    const world = paperMigrations({slots: '0', course: () => endless})
    await migrate(world, {slots: '0'})
    expect(changes(world).slice(0, 6)).to.deep.equal([
      'MIGRATESLOTS SLOTSRANGE 0 0',
      'CANCELSLOTMIGRATIONS',
      'MIGRATESLOTS SLOTSRANGE 0 0',
      'CANCELSLOTMIGRATIONS',
      'MIGRATESLOTS SLOTSRANGE 0 0',
      'CANCELSLOTMIGRATIONS',
    ])
    expect(notes(world.events).at(-1)).to.match(
      /no progress for 10 s in waiting-to-pause with \d+ bytes left: clients write faster than the target reads$/,
    )
    expect(world.context.clock.nowMs()).to.be.within(30_000, 40_000)
  })

  it('has as long as --timeout when there is no other way', async () => {
    const world = paperMigrations({course: () => endless, settings: {timeoutMs: 25_000}})
    const error = await failureOf(migrate(world, {fallback: false}))
    expect(error.message).to.include('no progress for 25 s')
  })

  it('is let go on while fewer and fewer bytes are left', async () => {
    const draining = Array.from({length: 2_000}, (_, look) => `waiting-to-pause:${100_000 - look}`)
    const world = paperMigrations({course: () => [...draining, 'success']})
    await migrate(world)
    expect(changes(world)).to.deep.equal(['MIGRATESLOTS SLOTSRANGE 0 9'])
    expect(world.context.clock.nowMs()).to.be.greaterThan(90_000)
  })
})

describe('an atomic migration that is interrupted', () => {
  const course = ['snapshotting:5', 'snapshotting:4', 'snapshotting:3', 'success']

  it('first lets the ranges in hand end, and begins no other', async () => {
    const world = paperMigrations({slots: '0-9', keysInSlot: 10_000, course: () => course})
    const {emit} = world.context
    const context = {
      ...world.context,
      emit: (event: ExecutionEvent) => {
        emit(event)
        if (event.kind === 'slot-moved') world.stop.abort()
      },
    }
    const error = await failureOf(migrate({...world, context}))
    expect(error.code).to.equal('interrupted')
    expect(changes(world)).to.deep.equal(['MIGRATESLOTS SLOTSRANGE 0 1', 'MIGRATESLOTS SLOTSRANGE 2 4'])
    expect(world.owned(TARGET)).to.equal('0-4')
  })

  it('cancels none while a slot changes hands: the source would take writes that the target never hears of', async () => {
    const course = ['failover-granted:0', 'failover-granted:0', 'failover-granted:0', 'success']
    const world = paperMigrations({course: () => course})
    await migrate({...world, context: killedAtWork(world)})
    expect(world.kill.signal.aborted).to.be.true
    expect(changes(world)).to.deep.equal(['MIGRATESLOTS SLOTSRANGE 0 9'])
    expect(world.owned(TARGET)).to.equal('0-9')
  })

  it('then cancels them at once', async () => {
    const world = paperMigrations({course: () => ['snapshotting:5']})
    const error = await failureOf(migrate({...world, context: killedAtWork(world)}))
    expect(error.code).to.equal('interrupted')
    expect(changes(world)).to.deep.equal(['MIGRATESLOTS SLOTSRANGE 0 9', 'CANCELSLOTMIGRATIONS'])
    expect(world.owned(SOURCE)).to.equal('0-99')
  })
})

describe('an atomic migration that is paused', () => {
  it('lets the ranges in hand end, and begins the others when it goes on', async () => {
    const hand = handClock()
    const course = ['snapshotting:5', 'snapshotting:4', 'success']
    const longest = 60_000
    const clock = {
      nowMs: () => hand.nowMs(),
      sleep: (ms: number) => {
        if (ms > longest) {
          world.pool.heard.push('--- goes on')
          world.pace.change({do: 'resume'})
        }
        return hand.sleep(Math.min(ms, longest))
      },
    }
    const world = paperMigrations({slots: '0-9', keysInSlot: 10_000, course: () => course, clock})
    const emit = (event: ExecutionEvent): void => {
      world.context.emit(event)
      if (event.kind === 'slot-moved' && event.slot === 0) world.pace.change({do: 'pause'})
    }
    await migrate({...world, context: {...world.context, emit}})
    const said = world.pool.heard.filter((line) => / MIGRATESLOTS |goes on/.test(line))
    expect(said.map((line) => line.replace(/^.*SLOTSRANGE | NODE .*/g, ''))).to.deep.equal([
      '0 1',
      '2 4',
      '--- goes on',
      '5 6',
      '7 9',
    ])
    expect(world.owned(TARGET)).to.equal('0-9')
  })
})
