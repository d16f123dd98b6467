/** Saving in a node's turns: slices of background work, save points, the AOF before the replies; and INFO persistence. */
import {Saving} from '../server/saving.js'
import {type Server} from '../server/server.js'
import {type NodePart} from './core.js'

/** Installs `server.saving`, and SHUTDOWN's save. */
export function makePersistencePart(server: Server): NodePart {
  const saving = new Saving(server, () => server.replication.aux())
  server.saving = saving
  server.infoSections.set('persistence', () => persistenceInfo(server))
  server.beforeShutdown = (request) => {
    // What was executed in this turn is in the offset that is saved.
    server.replication.flush()
    return saving.beforeShutdown(request)
  }
  return {
    turnBegan: () => saving.aof.look(),
    tick: () => saving.tick(),
    beforeSleep: () => saving.work(),
    flush: () => saving.aof.flush(),
    nextWakeMs: () => (saving.wantsTurn ? server.nowMs : Infinity),
  }
}

/** The text of INFO persistence, without its title. Nothing is forked, so there is no copy on write to tell of. */
export function persistenceInfo({saving, loading, asyncLoading, dirty, nowMs}: Server): string {
  const {aof, snapshot} = saving
  const [written, total] = [snapshot?.keysWritten ?? 0, snapshot?.keysTotal ?? 0]
  const lines = [
    `loading:${flag(loading)}`,
    `async_loading:${flag(asyncLoading)}`,
    'current_cow_peak:0',
    'current_cow_size:0',
    'current_cow_size_age:0',
    `current_fork_perc:${percent(written, total)}`,
    `current_save_keys_processed:${written}`,
    `current_save_keys_total:${total}`,
    `rdb_changes_since_last_save:${dirty}`,
    `rdb_bgsave_in_progress:${flag(saving.isSaving)}`,
    `rdb_last_save_time:${Math.floor(saving.lastSaveMs / 1000)}`,
    `rdb_last_bgsave_status:${status(!saving.lastBackgroundFailed)}`,
    `rdb_last_bgsave_time_sec:${saving.lastBackgroundSeconds}`,
    `rdb_current_bgsave_time_sec:${secondsSince(saving.backgroundStartedMs, nowMs)}`,
    `rdb_saves:${saving.saves}`,
    'rdb_last_cow_size:0',
    `rdb_last_load_keys_expired:${saving.keysExpired}`,
    `rdb_last_load_keys_loaded:${saving.keysLoaded}`,
    `aof_enabled:${flag(aof.isOn)}`,
    `aof_rewrite_in_progress:${flag(aof.isRewriting)}`,
    `aof_rewrite_scheduled:${flag(aof.isRewriteScheduled)}`,
    `aof_last_rewrite_time_sec:${aof.lastRewriteSeconds}`,
    `aof_current_rewrite_time_sec:${secondsSince(aof.rewriteStartedMs, nowMs)}`,
    `aof_last_bgrewrite_status:${status(!aof.lastRewriteFailed)}`,
    `aof_rewrites:${aof.rewrites}`,
    `aof_rewrites_consecutive_failures:${aof.consecutiveFailures}`,
    `aof_last_write_status:${status(aof.writer.error === undefined)}`,
    'aof_last_cow_size:0',
    'module_fork_in_progress:0',
    'module_fork_last_cow_size:0',
  ]
  if (aof.isOn) {
    lines.push(
      `aof_current_size:${aof.currentBytes}`,
      `aof_base_size:${aof.baseBytes}`,
      `aof_pending_rewrite:${flag(aof.isRewriteScheduled)}`,
      `aof_buffer_length:${aof.writer.pendingBytes}`,
      `aof_pending_bio_fsync:${flag(aof.writer.isSyncing)}`,
      `aof_delayed_fsync:${aof.writer.delayedSyncs}`,
    )
  }
  return [...lines, ''].join('\r\n')
}

function flag(value: boolean): 0 | 1 {
  return value ? 1 : 0
}

function status(isGood: boolean): 'ok' | 'err' {
  return isGood ? 'ok' : 'err'
}

function percent(part: number, whole: number): string {
  return (whole === 0 ? 0 : (part * 100) / whole).toFixed(2)
}

function secondsSince(startedMs: number | undefined, nowMs: number): number {
  return startedMs === undefined ? -1 : Math.floor((nowMs - startedMs) / 1000)
}
