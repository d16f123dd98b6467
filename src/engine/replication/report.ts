/** What ROLE and INFO replication tell. */
import {type Replication} from './replication.js'

/** The text of the section, as Redis 7.0 has it, without its title. */
export function replicationInfo(replication: Replication, nowMs: number, directives: InfoDirectives): string {
  const {state, stream} = replication
  const {backlog} = stream
  return [
    `role:${replication.isReplica ? 'slave' : 'master'}`,
    ...(replication.isReplica ? primaryLines(replication, nowMs, directives) : []),
    `connected_slaves:${[...replication.replicas.all].length}`,
    ...(directives.minReplicas > 0 ? [`min_slaves_good_slaves:${directives.goodReplicas}`] : []),
    ...replicaLines(replication, nowMs),
    `master_failover_state:${replication.failover.state}`,
    `master_replid:${state.id}`,
    `master_replid2:${state.secondId}`,
    `master_repl_offset:${state.offset}`,
    `second_repl_offset:${state.secondOffset}`,
    `repl_backlog_active:${backlog === undefined ? 0 : 1}`,
    `repl_backlog_size:${directives.backlogSize}`,
    `repl_backlog_first_byte_offset:${backlog?.firstOffset ?? 0}`,
    `repl_backlog_histlen:${backlog?.length ?? 0}`,
    '',
  ].join('\r\n')
}

/** What the section shows of the configuration. */
export interface InfoDirectives {
  readonly backlogSize: number
  readonly priority: number
  readonly isReadOnly: boolean
  readonly isAnnounced: boolean
  /** min-replicas-to-write, when it and min-replicas-max-lag are in force; else 0. */
  readonly minReplicas: number
  /** As writes are judged by at the moment: taken every 100 ms. */
  readonly goodReplicas: number
}

function primaryLines(replication: Replication, nowMs: number, directives: InfoDirectives): string[] {
  const link = replication.link!
  const up = link.isUp
  const payload = link.payload
  const lines = [
    `master_host:${link.target.host}`,
    `master_port:${link.target.port}`,
    `master_link_status:${up ? 'up' : 'down'}`,
    `master_last_io_seconds_ago:${up ? seconds(nowMs - link.heardMs) : -1}`,
    `master_sync_in_progress:${link.state === 'sync' ? 1 : 0}`,
    `slave_read_repl_offset:${replication.readOffset}`,
    `slave_repl_offset:${replication.offset}`,
  ]
  if (link.state === 'sync' && payload !== undefined) {
    const {totalBytes, receivedBytes} = payload
    lines.push(
      `master_sync_total_bytes:${totalBytes}`,
      `master_sync_read_bytes:${receivedBytes}`,
      `master_sync_left_bytes:${Math.max(0, totalBytes - receivedBytes)}`,
      `master_sync_perc:${(totalBytes === 0 ? 0 : (receivedBytes / totalBytes) * 100).toFixed(2)}`,
      `master_sync_last_io_seconds_ago:${seconds(nowMs - link.heardMs)}`,
    )
  }
  if (!up) {
    const downSeconds = link.downSinceMs === 0 ? -1 : seconds(nowMs - link.downSinceMs)
    lines.push(`master_link_down_since_seconds:${downSeconds}`)
  }
  lines.push(
    `slave_priority:${directives.priority}`,
    `slave_read_only:${directives.isReadOnly ? 1 : 0}`,
    `replica_announced:${directives.isAnnounced ? 1 : 0}`,
  )
  return lines
}

function replicaLines(replication: Replication, nowMs: number): string[] {
  return [...replication.replicas.all].map((peer, index) => {
    const lag = peer.isOnline ? peer.lagSeconds(nowMs) : 0
    const {host, listeningPort, ackOffset, shownState} = peer
    return `slave${index}:ip=${host},port=${listeningPort},state=${shownState},offset=${ackOffset},lag=${lag}`
  })
}

function seconds(ms: number): number {
  return Math.max(0, Math.floor(ms / 1000))
}
