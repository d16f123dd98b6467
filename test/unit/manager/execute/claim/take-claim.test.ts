import {expect} from 'chai'
import {formatClaim} from '../../../../../src/manager/execute/claim/claim-flag.js'
import {fencedPool} from '../../../../../src/manager/execute/claim/fenced-pool.js'
import type {HeldClaim} from '../../../../../src/manager/execute/claim/held-claim.js'
import type {Claimant} from '../../../../../src/manager/execute/claim/claimant.js'
import {refuseWhereClaimed, takeClaim} from '../../../../../src/manager/execute/claim/take-claim.js'
import {CLAIM_TERMS} from '../../../../../src/manager/execute/claim/terms.js'
import {claimantNamed, ClaimNodes} from '../../../../support/claim-nodes.js'
import {failureOf} from '../../../../support/failure-of.js'
import {steppedClock, type SteppedClock} from '../../../../support/stepped-clock.js'

const {beatMs, sureMs, expiryMs} = CLAIM_TERMS

describe('a claim', () => {
  let clock: SteppedClock
  let cluster: ClaimNodes

  beforeEach(() => {
    clock = steppedClock()
    cluster = new ClaimNodes(5, clock)
  })

  /** In a process of his own. */
  function take(claimant: Claimant): Promise<HeldClaim> {
    return takeClaim(cluster.pool(), cluster.ground, claimant)
  }

  /** Whoever works, and then hears nothing any more: stopped, with its connections open. */
  async function stopped(name: string): Promise<{claim: HeldClaim; wake: () => Promise<void>}> {
    const own = steppedClock()
    const claim = await take(claimantNamed(name, own))
    let sleptMs = clock.nowMs()
    return {
      claim,
      wake: async () => {
        await own.advance(clock.nowMs() - sleptMs)
        sleptMs = clock.nowMs()
      },
    }
  }

  it('is shown on the three members with the lowest ids, and only while it is held', async () => {
    const anna = claimantNamed('anna', clock)
    const claim = await take(anna)
    await clock.advance(0)
    const flag = formatClaim(anna.owner, 'held')
    expect([0, 1, 2, 3, 4].map((index) => cluster.flagsOn(index))).to.deep.equal([[flag], [flag], [flag], [], []])
    await claim.release()
    expect([0, 1, 2].map((index) => cluster.flagsOn(index))).to.deep.equal([[], [], []])
  })

  it('is shown on the next member when one cannot be reached', async () => {
    cluster.nodes[1]!.isDown = true
    await take(claimantNamed('anna', clock))
    expect([0, 1, 2, 3, 4].map((index) => cluster.flagsOn(index).length)).to.deep.equal([1, 0, 1, 1, 0])
  })

  it('is shown on the next members when those with the lowest ids hang: what repairs a cluster must not depend on them', async () => {
    for (const index of [0, 1, 2]) cluster.nodes[index]!.isHanging = true
    const claim = await takeClaim(
      cluster.pool(),
      {...cluster.ground, entries: ['10.0.0.1:7004']},
      claimantNamed('anna', clock),
    )
    expect([0, 1, 2, 3, 4].map((index) => cluster.flagsOn(index).length)).to.deep.equal([0, 0, 0, 1, 1])
    expect(claim.isSure).to.equal(true)
  })

  it('is shown on every node that is to join, too', async () => {
    const [member, , , , newcomer] = cluster.nodes
    const ground = {
      entries: [],
      newcomers: [member!.id, newcomer!.id],
      nodes: cluster.nodes.map(({id, address: {host, port}}) => ({id, address: `${host}:${port}`})),
    }
    await takeClaim(cluster.pool(), ground, claimantNamed('anna', clock))
    expect([0, 1, 2, 3, 4].map((index) => cluster.flagsOn(index).length)).to.deep.equal([1, 0, 0, 0, 1])
  })

  it('refuses a second one, which is told who works there since when, and leaves no flag behind', async () => {
    const anna = claimantNamed('anna', clock)
    await take(anna)
    await clock.advance(200_000)
    const failure = await failureOf(take(claimantNamed('bert', clock)))
    expect(failure.code).to.equal('claimed')
    expect(failure.message).to.match(
      /^reshard is under way on this cluster since \d\d:\d\d:\d\d \(3 min\): anna@bastion, operation anna0000$/,
    )
    expect(failure.hint).to.contain('--force-unlock')
    expect(failure.claim).to.deep.equal(anna.owner)
    expect(cluster.flagsOn(0)).to.have.lengthOf(1)
  })

  it('is asked about without a flag, before there is a plan', async () => {
    await refuseWhereClaimed(cluster.pool(), cluster.ground, {wallMs: () => 0})
    await take(claimantNamed('anna', clock))
    const failure = await failureOf(refuseWhereClaimed(cluster.pool(), cluster.ground, {wallMs: () => 0}))
    expect(failure.code).to.equal('claimed')
    expect(cluster.flagsOn(0)).to.have.lengthOf(1)
  })

  it('is free when its process has died: the connections die with it', async () => {
    await stopped('anna')
    for (const index of [0, 1, 2]) cluster.restart(index)
    const bert = claimantNamed('bert', clock)
    await take(bert)
    expect(bert.told).to.deep.equal([])
  })

  it('lasts as long as its owner shows that it lives, however long that is', async () => {
    const claim = await take(claimantNamed('anna', clock))
    await clock.advance(10 * expiryMs)
    expect((await failureOf(take(claimantNamed('bert', clock)))).code).to.equal('claimed')
    expect(claim.isSure).to.equal(true)
  })

  it('of a stopped process expires; the newcomer cuts it off, and when it wakes it sends nothing more', async () => {
    const anna = await stopped('anna')
    const sender = await fencedPool(cluster.pool(), anna.claim).connect(cluster.nodes[3]!.address)
    await clock.advance(expiryMs - 1_000)
    expect((await failureOf(take(claimantNamed('bert', clock)))).code).to.equal('claimed')
    await clock.advance(1_000)
    const bert = claimantNamed('bert', clock)
    const taking = take(bert)
    await clock.advance(CLAIM_TERMS.secondLookMs)
    await taking
    expect(bert.told).to.deep.equal([
      'taking over from reshard (anna@bastion, operation anna0000), of which nothing was heard for 30 s',
    ])
    await anna.wake()
    expect(anna.claim.lost.aborted).to.equal(true)
    expect((await failureOf(sender.call(['CLUSTER', 'SETSLOT', '1', 'STABLE']))).code).to.equal('claim-lost')
    const reason = await anna.claim.reason()
    expect(reason?.message).to.match(/^reshard took this cluster over at .*: bert@bastion, operation bert0000$/)
  })

  it('of a stopped process that wakes in time goes on, but only after it has asked', async () => {
    const own = steppedClock()
    let asleepMs = 0
    const clockOfAnna = {
      nowMs: () => own.nowMs() + asleepMs,
      sleep: (ms: number, signal?: AbortSignal) => own.sleep(ms, signal),
    }
    const claim = await take(claimantNamed('anna', clockOfAnna))
    asleepMs = 20_000
    expect(claim.isSure).to.equal(false)
    const sure = claim.sure()
    await own.advance(beatMs)
    await sure
    expect(claim.isSure).to.equal(true)
  })

  it('outlives the restart of a node, and is shown there again', async () => {
    const claim = await take(claimantNamed('anna', clock))
    for (const index of [0, 1, 2]) {
      cluster.restart(index)
      await clock.advance(3 * beatMs)
      expect(cluster.flagsOn(index)).to.have.lengthOf(1)
    }
    expect(claim.lost.aborted).to.equal(false)
    expect((await failureOf(take(claimantNamed('bert', clock)))).code).to.equal('claimed')
  })

  it('is lost when all its connections break at once: another may have taken over', async () => {
    const claim = await take(claimantNamed('anna', clock))
    for (const index of [0, 1, 2]) cluster.restart(index)
    await clock.advance(beatMs)
    expect(claim.lost.aborted).to.equal(true)
    expect((await claim.reason())?.message).to.equal(
      'all connections that showed this operation to others (10.0.0.1:7001, 10.0.0.1:7002, 10.0.0.1:7003) were ended: ' +
        'another one may have taken the cluster over',
    )
  })

  it('is not lost to a node that hangs, and the other nodes hear of its owner meanwhile', async () => {
    const claim = await take(claimantNamed('anna', clock))
    const thaw = cluster.freeze(0)
    await clock.advance(expiryMs)
    expect(claim.isSure).to.equal(true)
    thaw()
    await clock.advance(beatMs)
    expect(claim.isSure).to.equal(true)
  })

  it('holds back what is sent while no node answers', async () => {
    const claim = await take(claimantNamed('anna', clock))
    const thaws = [0, 1, 2].map((index) => cluster.freeze(index))
    const sender = await fencedPool(cluster.pool(), claim).connect(cluster.nodes[3]!.address)
    await clock.advance(sureMs)
    let isSent = false
    const sending = sender.call(['PING']).then(() => (isSent = true))
    await clock.advance(beatMs)
    expect(isSent).to.equal(false)
    for (const thaw of thaws) thaw()
    await clock.advance(2 * beatMs)
    await sending
  })

  it('is taken over by force from a living owner, who is given time to notice, and stops', async () => {
    const anna = await take(claimantNamed('anna', clock))
    const bert = claimantNamed('bert', clock, {force: true})
    let isHeld = false
    const taking = take(bert).then(() => (isHeld = true))
    await clock.advance(beatMs)
    expect(anna.lost.aborted).to.equal(true)
    expect(isHeld).to.equal(false)
    await clock.advance(sureMs)
    await taking
    expect(bert.told).to.have.lengthOf(2)
    expect(cluster.flagsOn(0)).to.deep.equal([formatClaim(bert.owner, 'held')])
  })

  it('that is forced where nobody works, or only a dead one, needs no wait', async () => {
    await stopped('anna')
    await clock.advance(sureMs + 1_000)
    const bert = claimantNamed('bert', clock, {force: true})
    await take(bert)
    expect(bert.told).to.have.lengthOf(1)
  })

  it('cannot be seen by a user without the right: it goes on, with one warning', async () => {
    await take(claimantNamed('anna', clock))
    for (const {forbidden} of cluster.nodes) forbidden.add('CLIENT LIST')
    const bert = claimantNamed('bert', clock)
    await take(bert)
    expect(bert.told).to.have.lengthOf(1)
    expect(bert.told[0]).to.match(/^warning: 10\.0\.0\.1:7001 CLIENT LIST refused: NOPERM .*could not be seen$/)
    expect(cluster.flagsOn(0)).to.have.lengthOf(2)
  })

  it('of a user without any right to CLIENT is never lost', async () => {
    for (const {forbidden} of cluster.nodes) for (const word of ['LIST', 'SETNAME']) forbidden.add(`CLIENT ${word}`)
    const claim = await take(claimantNamed('anna', clock))
    for (const index of [0, 1, 2]) cluster.restart(index)
    await clock.advance(10 * beatMs)
    expect(claim.isSure).to.equal(true)
  })

  it('is kept when the right is taken away later', async () => {
    const claim = await take(claimantNamed('anna', clock))
    for (const {forbidden} of cluster.nodes) for (const word of ['LIST', 'SETNAME']) forbidden.add(`CLIENT ${word}`)
    cluster.restart(0)
    await clock.advance(10 * beatMs)
    expect(claim.isSure).to.equal(true)
  })

  it('of a dead owner that may not be cut off is passed over, with a warning', async () => {
    await stopped('anna')
    await clock.advance(expiryMs)
    for (const {forbidden} of cluster.nodes) forbidden.add('CLIENT KILL')
    const bert = claimantNamed('bert', clock)
    const taking = take(bert)
    await clock.advance(CLAIM_TERMS.secondLookMs)
    await taking
    expect(bert.told.at(-1)).to.match(
      /^warning: 10\.0\.0\.1:700\d CLIENT KILL refused: .*make sure that its process has/,
    )
  })
})
