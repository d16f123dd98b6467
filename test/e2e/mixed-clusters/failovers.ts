/** Roles change hands between engine nodes and real ones, by election and by order, while an application writes. */
import {expect} from 'chai'
import {clusterInfo, selfOf} from '../../support/cluster-facts.js'
import {ClusterLoad} from '../../support/engine/cluster-load.js'
import {command} from '../../support/resp.js'
import {until} from '../../support/until.js'
import {type Kind, type MixedNodes, pairsOf, untilAllAgree, untilInSync, type SeenNode} from './mixed-cluster.js'

type Pair = readonly [replica: SeenNode, primary: SeenNode]

const FAILOVER_MS = 20_000
/** Longer than one needs in which all goes well. */
const MANUAL_FAILOVER_MS = 3000
const SOME_WRITES = 300
/** It goes on for a minute: not as much as it can. */
const PAUSE_MS = 10

export function describeFailovers(of: () => MixedNodes): void {
  let load: ClusterLoad | undefined

  afterEach(async () => {
    await load?.stop()
    load = undefined
  })

  /** A replica of this kind whose primary is of the other kind, when both hold the same. */
  async function pairWith(replicaKind: Kind): Promise<Pair> {
    const pairs = pairsOf(await untilAllAgree(of().all))
    const pair = pairs.find((each) => {
      const [replica, primary] = each.map(({node}) => of().kindOf(node))
      return replica === replicaKind && primary !== replicaKind
    })
    expect(pair, `a pair with a replica that is ${replicaKind}`).to.not.equal(undefined)
    await untilInSync(pair![0].node, pair![1].node)
    return pair!
  }

  async function startLoad(prefix: string): Promise<void> {
    load = await ClusterLoad.start(of().all, prefix, {confirmed: true, pauseMs: PAUSE_MS})
    await untilMoreIsAcknowledged()
  }

  async function untilMoreIsAcknowledged(): Promise<void> {
    const enough = load!.acknowledged + SOME_WRITES
    await until(() => load!.acknowledged >= enough, {what: 'the application to get on', timeoutMs: FAILOVER_MS})
  }

  async function expectNothingLost(): Promise<void> {
    const {faults} = await load!.stop()
    load = undefined
    expect(faults).to.deep.equal([])
  }

  async function untilPrimary({node}: SeenNode): Promise<void> {
    const what = `${node.address} to take over`
    await until(async () => (await selfOf(node)).primaryId === null, {what, timeoutMs: FAILOVER_MS})
  }

  /**
   * As an operator does it, who repeats the order until it is carried out: voters other than Valkey's vote once in two node timeouts for
   * replicas of one primary; and a real Redis that has just won an election takes its old votes for new ones, and is corrected.
   */
  async function failOver(next: SeenNode, former: SeenNode, how: readonly string[]): Promise<void> {
    await until(
      async () => {
        if ((await selfOf(next.node)).primaryId !== null) await command(next.node, 'CLUSTER', 'FAILOVER', ...how)
        await untilFollows(former, next, MANUAL_FAILOVER_MS)
        return true
      },
      {what: `CLUSTER FAILOVER ${how.join(' ')} to make ${next.node.address} a primary`, timeoutMs: FAILOVER_MS},
    )
    await untilAllAgree(of().all)
  }

  async function untilFollows(former: SeenNode, next: SeenNode, timeoutMs: number): Promise<void> {
    const what = `${former.node.address} to follow ${next.node.address}`
    await until(async () => (await selfOf(former.node)).primaryId === next.id, {what, timeoutMs})
  }

  const votesOf = async ({node}: SeenNode): Promise<number> =>
    Number((await clusterInfo(node, 'cluster_stats_messages_auth-ack_sent')) ?? 0)

  for (const [replicaKind, primaryKind] of [
    ['real', 'engine'],
    ['engine', 'real'],
  ] as const) {
    it(`elects a replica that is ${replicaKind} for a killed primary that is ${primaryKind}, which comes back as its replica`, async () => {
      const [replica, primary] = await pairWith(replicaKind)
      const seen = await untilAllAgree(of().all)
      const voters = seen.filter(({primaryId, id}) => primaryId === null && id !== primary.id)
      expect(new Set(voters.map(({node}) => of().kindOf(node)))).to.have.property('size', 2)
      const votes = await Promise.all(voters.map(votesOf))
      await startLoad(`killed-${primaryKind}`)
      await of().kill(primary.node)
      await untilPrimary(replica)
      await untilMoreIsAcknowledged()
      // Two of three votes are a majority, and one voter of three is dead: each of the others has given its vote.
      expect(await Promise.all(voters.map(votesOf))).to.deep.equal(votes.map((count) => count + 1))
      await of().restart(primary.node)
      await untilFollows(primary, replica, FAILOVER_MS)
      await untilAllAgree(of().all)
      await untilMoreIsAcknowledged()
      await expectNothingLost()
      await untilInSync(primary.node, replica.node)
    })
  }

  for (const how of [[], ['FORCE'], ['TAKEOVER']]) {
    it(`changes roles there and back with CLUSTER FAILOVER ${how.join('')}`.trimEnd(), async () => {
      const [replica, primary] = await pairWith('real')
      await startLoad(`manual-${how.join('')}`)
      for (const [next, former] of [
        [replica, primary],
        [primary, replica],
      ] as const) {
        await failOver(next, former, how)
        await untilMoreIsAcknowledged()
      }
      await expectNothingLost()
      await untilInSync(replica.node, primary.node)
    })
  }
}
