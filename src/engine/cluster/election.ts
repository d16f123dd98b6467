/** Votes: a replica of a failed primary asks for them, primaries with slots give one per epoch (cluster specification, "Replica election and promotion"). */
import {below} from '../chance.js'
import {type BusContext} from './cluster-host.js'
import {broadcastPong} from './gossip.js'
import {MESSAGE} from './packet.js'
import {type PacketView} from './packet-codec.js'
import {replacePrimary} from './role.js'
import {requestVotes, sendVote} from './send.js'
import {slotsIn} from './slot-table.js'
import {isFail, isPrimary, isReplica, needs, NODE, ownerOf, quorum, DUE, type ClusterNode} from './state.js'

const SHORTEST_AUTH_TIMEOUT_MS = 2000

/** Time for FAIL to spread, a random part so that replicas do not ask together, and a second for each one that knows more. */
const FIXED_DELAY_MS = 500
const RANDOM_DELAY_MS = 500
const RANK_DELAY_MS = 1000

/** A reason for not standing is logged again only after this. */
const SILENCE_RELOG_MS = 10_000
const SILENCE_PATIENCE_MS = 5000

/** How many replicas of my primary have heard more of it than I. */
export function replicaRank(ctx: BusContext): number {
  const {myself} = ctx.state
  if (myself.primary === null) return 0
  const offset = ctx.host.replOffset()
  let rank = 0
  for (const replica of myself.primary.replicas) {
    const stands = replica !== myself && (replica.flags & NODE.NOFAILOVER) === 0
    if (stands && replica.replOffset > offset) rank++
  }
  return rank
}

/** One look at the election, at every tick and whenever something about it has changed. */
export function handleFailover(ctx: BusContext): void {
  const {state, config, nowMs} = ctx
  const {election, manual} = state
  state.due &= ~DUE.FAILOVER
  const isManual = manual.endMs !== 0 && manual.canStart
  if (!mayStand(ctx, isManual)) return

  const authTimeoutMs = Math.max(config.nodeTimeoutMs * 2, SHORTEST_AUTH_TIMEOUT_MS)
  const authAgeMs = nowMs - election.timeMs
  if (authAgeMs > authTimeoutMs * 2) {
    schedule(ctx)
    return
  }
  if (!election.sent && manual.endMs === 0) followRank(ctx)
  if (nowMs < election.timeMs) {
    explainSilence(ctx, 'Waiting the delay before I can start a new failover.')
    return
  }
  if (nowMs - election.timeMs > authTimeoutMs) {
    explainSilence(ctx, 'Failover attempt expired.')
    return
  }
  if (!election.sent) standForElection(ctx)
  else if (election.voters.size >= quorum(state)) win(ctx)
  else explainSilence(ctx, 'Waiting for votes, but majority still not reached.')
}

function mayStand(ctx: BusContext, isManual: boolean): boolean {
  const {state, config} = ctx
  const {primary} = state.myself
  if (isPrimary(state.myself) || primary === null || primary.slotCount === 0) return false
  if (!isManual && (!isFail(primary) || config.replicaNoFailover)) {
    state.election.silence = ''
    return false
  }
  if (config.replicaValidityFactor === 0 || isManual) return true
  let ageMs = ctx.host.primaryDataAgeMs(ctx.nowMs)
  if (ageMs > config.nodeTimeoutMs) ageMs -= config.nodeTimeoutMs
  if (ageMs <= config.replPingPeriodMs + config.nodeTimeoutMs * config.replicaValidityFactor) return true
  explainSilence(
    ctx,
    "Disconnected from master for longer than allowed. Please check the 'cluster-replica-validity-factor' configuration option.",
  )
  return false
}

function schedule(ctx: BusContext): void {
  const {state, nowMs} = ctx
  const {election} = state
  election.sent = false
  election.voters.clear()
  election.rank = replicaRank(ctx)
  election.timeMs = nowMs + FIXED_DELAY_MS + below(ctx.rng, RANDOM_DELAY_MS) + election.rank * RANK_DELAY_MS
  if (state.manual.endMs !== 0) {
    election.timeMs = nowMs
    election.rank = 0
    needs(state, DUE.FAILOVER)
  }
  ctx.host.log(
    'warning',
    `Start of election delayed for ${election.timeMs - nowMs} milliseconds (rank #${election.rank}, offset ${ctx.host.replOffset()}).`,
  )
  // My offset, so that the other replicas know their rank.
  broadcastPong(ctx, 'siblings')
}

/** Until the request is out, news of a better replica puts mine off. */
function followRank(ctx: BusContext): void {
  const {election} = ctx.state
  const rank = replicaRank(ctx)
  if (rank <= election.rank) return
  const addedMs = (rank - election.rank) * RANK_DELAY_MS
  election.timeMs += addedMs
  election.rank = rank
  ctx.host.log('warning', `Replica rank updated to #${rank}, added ${addedMs} milliseconds of delay.`)
}

function standForElection(ctx: BusContext): void {
  const {state} = ctx
  state.currentEpoch++
  state.election.epoch = state.currentEpoch
  state.election.sent = true
  ctx.host.log('warning', `Starting a failover election for epoch ${state.currentEpoch}.`)
  requestVotes(ctx)
  needs(state, DUE.SAVE | DUE.UPDATE_STATE)
}

function win(ctx: BusContext): void {
  const {myself, election} = ctx.state
  ctx.host.log('warning', "Failover election won: I'm the new master.")
  if (myself.configEpoch < election.epoch) {
    myself.configEpoch = election.epoch
    ctx.host.log('warning', `configEpoch set to ${myself.configEpoch} after successful failover`)
  }
  // These votes are used up: a failover ordered soon after must not find them (Redis 7.0 lets it: it wins then without an epoch).
  election.timeMs = 0
  election.sent = false
  election.voters.clear()
  replacePrimary(ctx)
}

function explainSilence(ctx: BusContext, reason: string): void {
  const {election, myself} = ctx.state
  if (election.silence === reason && ctx.nowMs - election.silenceLoggedMs < SILENCE_RELOG_MS) return
  election.silence = reason
  // This is for a replica that stands still for long, not for the moments that every failover takes.
  const {primary} = myself
  const patienceMs = ctx.config.nodeTimeoutMs + SILENCE_PATIENCE_MS
  if (primary !== null && isFail(primary) && ctx.nowMs - primary.failTime < patienceMs) return
  election.silenceLoggedMs = ctx.nowMs
  ctx.host.log('warning', `Currently unable to failover: ${reason}`)
}

/** A vote has come in. It counts once per voter, if it is for this election. */
export function countVote(ctx: BusContext, sender: ClusterNode, senderEpoch: number): void {
  const {state} = ctx
  const {election} = state
  if (!election.sent || !isPrimary(sender) || sender.slotCount === 0 || senderEpoch < election.epoch) return
  election.voters.add(sender)
  needs(state, DUE.FAILOVER)
}

/** A replica asks for my vote. The vote is saved in the turn in which it is given: a restart must not give it twice. */
export function voteIfEntitled(ctx: BusContext, sender: ClusterNode, view: PacketView): void {
  const {state, host, nowMs} = ctx
  if (isReplica(state.myself) || state.myself.slotCount === 0) return
  const refusal = refusalOf(ctx, sender, view)
  if (refusal !== '') {
    host.log('warning', `Failover auth denied to ${sender.id}: ${refusal}`)
    return
  }
  sender.primary!.votedTime = nowMs
  state.lastVoteEpoch = state.currentEpoch
  needs(state, DUE.SAVE)
  sendVote(ctx, sender)
  host.log('warning', `Failover auth granted to ${sender.id} for epoch ${state.currentEpoch}`)
}

function refusalOf(ctx: BusContext, sender: ClusterNode, view: PacketView): string {
  const {state} = ctx
  const {primary} = sender
  if (view.currentEpoch < state.currentEpoch) {
    return `reqEpoch (${view.currentEpoch}) < curEpoch(${state.currentEpoch})`
  }
  if (state.lastVoteEpoch === state.currentEpoch) return `already voted for epoch ${state.currentEpoch}`
  if (isPrimary(sender)) return 'it is a master node'
  if (primary === null) return "I don't know its master"
  if (!isFail(primary) && (view.messageFlags & MESSAGE.FORCEACK) === 0) return 'its master is up'
  const waitMs = ctx.config.nodeTimeoutMs * 2 - (ctx.nowMs - primary.votedTime)
  if (waitMs > 0) return `can't vote about this master before ${waitMs} milliseconds`
  for (const slot of slotsIn(view.slots)) {
    const owner = ownerOf(state, slot)
    if (owner !== null && owner.configEpoch > view.configEpoch) {
      return `slot ${slot} epoch (${owner.configEpoch}) > reqEpoch (${view.configEpoch})`
    }
  }
  return ''
}
