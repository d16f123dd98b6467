import {expect} from 'chai'
import {START_MS, VirtualClock} from '../../../../src/engine/sim/virtual-clock.js'

describe('a virtual clock', () => {
  let clock: VirtualClock
  let seen: string[]
  const note = (what: string) => () => void seen.push(`${what} at ${clock.nowMs - START_MS}`)
  const runAll = (): void => {
    while (clock.step());
  }

  beforeEach(() => {
    clock = new VirtualClock()
    seen = []
  })

  it('lets things happen by their time, and those of one time in the order in which they were scheduled', () => {
    for (const [name, ms] of [
      ['c', 5],
      ['a', 1],
      ['d', 5],
      ['b', 2.5],
    ] as const)
      {clock.schedule(ms, note(name))}
    runAll()
    expect(seen).to.deep.equal(['a at 1', 'b at 2.5', 'c at 5', 'd at 5'])
  })

  it('ends a moment with what was to come soon, when everything else of that moment has happened', () => {
    clock.schedule(1, () => {
      clock.soon(note('end'))
      clock.schedule(0, note('same moment'))
    })
    clock.schedule(1, note('other'))
    clock.schedule(2, note('later'))
    runAll()
    expect(seen).to.deep.equal(['other at 1', 'same moment at 1', 'end at 1', 'later at 2'])
  })

  it('forgets what was cancelled, and never goes back', () => {
    const cancel = clock.schedule(3, note('never'))
    clock.schedule(4, () => clock.at(START_MS, note('at once')))
    cancel()
    runAll()
    expect(seen).to.deep.equal(['at once at 4'])
  })

  it('keeps its order over a thousand events', () => {
    const times = Array.from({length: 1000}, (_, index) => (index * 7919) % 1009)
    for (const ms of times) clock.schedule(ms, () => seen.push(String(ms)))
    runAll()
    expect(seen).to.deep.equal([...times].sort((a, b) => a - b).map(String))
  })
})
