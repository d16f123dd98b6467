/** However the commands of several operations reach the nodes, one of them works, and never two. */
import {setImmediate as breathe} from 'node:timers/promises'
import {expect} from 'chai'
import fc from 'fast-check'
import {isManagerError} from '../../src/manager/error.js'
import type {Claimant} from '../../src/manager/execute/claim/claimant.js'
import {takeClaim} from '../../src/manager/execute/claim/take-claim.js'
import {CLAIM_TERMS} from '../../src/manager/execute/claim/terms.js'
import type {ManagerClock} from '../../src/manager/ports.js'
import {claimantNamed, ClaimNodes} from '../support/claim-nodes.js'

/** Who sleeps before a look wakes by chance; signs of life, which wait for a signal too, are not needed. */
function clockOf(scheduler: fc.Scheduler, now: {ms: number}): ManagerClock {
  return {
    nowMs: () => now.ms,
    sleep: (ms, signal) =>
      signal === undefined
        ? scheduler.schedule(Promise.resolve(), `sleep ${ms}`)
        : new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
  }
}

interface Run {
  /** The most who worked at the same time. */
  readonly most: number
  /** The most whose claims were held at the same time on the node that all of them see. */
  readonly mostHeld: number
  readonly worked: number
  readonly refused: number
}

/** Every claimant sees `nodes` of its own choice, all of them the first. */
async function race(scheduler: fc.Scheduler, views: readonly number[], dead: boolean, force: boolean): Promise<Run> {
  const now = {ms: 0}
  const clock = clockOf(scheduler, now)
  const cluster = new ClaimNodes(3, clock)
  if (dead) {
    await takeClaim(cluster.pool(), cluster.ground, claimantNamed('dead', clock))
    await breathe() // until its nodes have heard all that it said
    now.ms += CLAIM_TERMS.expiryMs + 1_000
  }
  const tally = {working: 0, most: 0, mostHeld: 0, worked: 0, refused: 0}
  const compete = async (view: number, index: number): Promise<void> => {
    const name = 'cab'[index]!
    const turn = async (what: string): Promise<void> => {
      await scheduler.schedule(Promise.resolve(), what)
      const held = cluster.flagsOn(0).filter((flag) => flag.includes('|held|'))
      tally.mostHeld = Math.max(tally.mostHeld, held.length)
    }
    const pool = cluster.pool(turn, name)
    const ground = {
      entries: [],
      newcomers: cluster.nodes.slice(0, view).map(({id}) => id),
      nodes: cluster.nodes.map(({id, address: {host, port}}) => ({id, address: `${host}:${port}`})),
    }
    const claimant: Claimant = claimantNamed(name, clock, {force})
    try {
      const claim = await takeClaim(pool, ground, claimant)
      tally.worked++
      tally.most = Math.max(tally.most, ++tally.working)
      await turn('works')
      tally.working--
      await claim.release()
    } catch (error) {
      if (!isManagerError(error, 'claimed')) throw error
      tally.refused++
    }
  }
  await scheduler.waitFor(Promise.all(views.map(compete)))
  return tally
}

const VIEWS = fc.array(fc.integer({min: 1, max: 3}), {minLength: 2, maxLength: 3})

describe('of operations that want the same cluster', () => {
  it('one at least works, and never two at once, however their commands meet', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), VIEWS, async (scheduler, views) => {
        const {most, mostHeld, worked, refused} = await race(scheduler, views, false, false)
        expect(most).to.equal(1)
        expect(mostHeld).to.be.at.most(1)
        expect(worked + refused).to.equal(views.length)
      }),
      {numRuns: 400},
    )
  })

  it('the same holds when they find a dead one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), VIEWS, async (scheduler, views) => {
        const {most, mostHeld} = await race(scheduler, views, true, false)
        expect(most).to.equal(1)
        expect(mostHeld).to.be.at.most(1)
      }),
      {numRuns: 400},
    )
  })

  it('one holds the claim at any time, even when each takes over by force from the one before', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), VIEWS, async (scheduler, views) => {
        const {mostHeld} = await race(scheduler, views, true, true)
        expect(mostHeld).to.be.at.most(1)
      }),
      {numRuns: 400},
    )
  })
})
