import {expect} from 'chai'
import {address} from '../../../../../src/model/address.js'
import type {LanePace} from '../../../../../src/manager/execute/pace/lane-pace.js'
import {Pace} from '../../../../../src/manager/execute/pace/pace.js'
import {NO_LIMITS, type PaceLimits} from '../../../../../src/manager/plan/pace-limits.js'
import type {NodeClient} from '../../../../../src/manager/ports.js'
import {steppedClock, type SteppedClock} from '../../../../support/stepped-clock.js'

interface Bench {
  readonly clock: SteppedClock
  readonly pace: Pace
  readonly lane: LanePace
  readonly stop: AbortController
  readonly kill: AbortController
  readonly notes: string[]
  readonly asked: string[]
}

/** @param answerMs what a PING takes */
function bench(limits: Partial<PaceLimits> = {}, answerMs = 1): Bench {
  const clock = steppedClock()
  const pace = new Pace({...NO_LIMITS, ...limits}, clock)
  const [stop, kill] = [new AbortController(), new AbortController()]
  const [notes, asked]: [string[], string[]] = [[], []]
  const node = (id: string): NodeClient => ({
    address: address(id, 1),
    call: async (command) => {
      asked.push(`${id} ${command.join(' ')}`)
      await clock.sleep(answerMs)
      return 'PONG'
    },
    pipeline: () => Promise.resolve([]),
  })
  const lane = pace.enter(
    {
      connect: (id) => Promise.resolve(node(id)),
      stop: stop.signal,
      kill: kill.signal,
      note: (message) => notes.push(message),
    },
    ['source', 'target'],
  )
  return {clock, pace, lane, stop, kill, notes, asked}
}

/** Whether the promise has been kept by now. */
function watch(work: Promise<unknown>): {done: boolean} {
  const state = {done: false}
  void work.then(() => (state.done = true))
  return state
}

describe('a lane at its pace', () => {
  it('waits at a border while it is paused, and says that it did', async () => {
    const {clock, pace, lane} = bench()
    expect(await lane.atBorder()).to.equal(false)
    pace.change({do: 'pause'})
    const border = lane.atBorder()
    const state = watch(border)
    await clock.advance(10_000_000)
    expect(state.done).to.equal(false)
    pace.change({do: 'resume'})
    expect(await border).to.equal(true)
  })

  it('paused within a window goes on for two seconds, then waits with its slots open and says so', async () => {
    const {clock, pace, lane, notes} = bench()
    pace.change({do: 'pause'})
    expect((await lane.admit(100, 0)).keys).to.equal(100)
    await clock.advance(2_500)
    const state = watch(lane.admit(100, 0))
    await clock.advance(60_000)
    expect(state.done).to.equal(false)
    expect(notes.join()).to.include('slots stay open')
    pace.change({do: 'resume'})
    await clock.advance(1)
    expect(state.done).to.equal(true)
  })

  it('keeps its connections awake while it waits with slots open: servers close silent ones', async () => {
    const {clock, pace, lane} = bench()
    let pings = 0
    pace.change({do: 'pause'})
    await clock.advance(3_000)
    void lane.admit(10, 0, () => Promise.resolve(pings++))
    await clock.advance(60_000)
    expect(pings).to.equal(6)
    pace.change({do: 'resume'})
  })

  for (const how of ['stop', 'kill'] as const) {
    it(`is woken from a pause by a ${how}`, async () => {
      const world = bench()
      world.pace.change({do: 'pause'})
      await world.clock.advance(3_000)
      const [border, within] = [watch(world.lane.atBorder()), watch(world.lane.admit(10, 0))]
      await world.clock.advance(3_000)
      expect([border.done, within.done]).to.deep.equal([false, false])
      world[how].abort()
      await world.clock.advance(0)
      expect([border.done, within.done]).to.deep.equal([true, true])
    })
  }

  it('is woken by a limit that is lifted', async () => {
    const {clock, pace, lane} = bench({keysPerSecond: 1})
    await lane.admit(10, 0)
    const state = watch(lane.admit(10, 0))
    await clock.advance(500)
    expect(state.done).to.equal(false)
    pace.change({do: 'no-limit'})
    await clock.advance(0)
    expect(state.done).to.equal(true)
  })

  it('asks both nodes how long they take while there is a limit for that, and only then', async () => {
    const {clock, pace, lane, asked} = bench({maxLatencyMs: 5}, 2)
    expect(lane.latencyMs).to.equal(null)
    await lane.admit(10, 0)
    await clock.advance(1_000)
    expect(new Set(asked)).to.deep.equal(new Set(['source PING', 'target PING']))
    expect(asked).to.have.lengthOf.within(90, 102)
    expect(pace.latencyMs).to.equal(2)
    pace.change({do: 'no-limit'})
    await clock.advance(100)
    const before = asked.length
    await clock.advance(1_000)
    expect(asked).to.have.lengthOf(before)
    expect(pace.latencyMs).to.equal(null)
  })

  it('says once when the nodes are too slow even without it', async () => {
    const {clock, lane, notes} = bench({maxLatencyMs: 5}, 50)
    for (let batch = 0; batch < 40; batch++) {
      const admission = lane.admit(10, 0)
      await clock.advance(300)
      lane.sent(await admission, {keys: 1, bytes: 0, elapsedMs: 1})
    }
    expect(notes).to.deep.equal([
      'the nodes do not answer within 5 ms even at the slowest pace: something else keeps them busy',
    ])
  })

  it('opens no more keys at once than a second holds', () => {
    expect(bench().lane.windowKeys).to.equal(Infinity)
    expect(bench({keysPerSecond: 300}).lane.windowKeys).to.equal(300)
    expect(bench({maxLatencyMs: 5}).lane.windowKeys).to.equal(500)
  })

  it('ends its questions with the lane, and tells every change', async () => {
    const {clock, pace, lane, asked} = bench({maxLatencyMs: 5})
    const heard: boolean[] = []
    pace.onChange(({paused}) => heard.push(paused))
    await lane.admit(10, 0)
    await clock.advance(100)
    pace.leave(lane)
    const before = asked.length
    await clock.advance(1_000)
    expect(asked).to.have.lengthOf(before)
    for (const each of ['pause', 'pause', 'resume'] as const) pace.change({do: each})
    expect(heard).to.deep.equal([true, false])
  })
})
