/** An operation that runs makes itself known, and takes requests to change its pace. */
import {chmodSync} from 'node:fs'
import type {ExecutionEvent} from '../../manager/execute/event.js'
import type {Pace} from '../../manager/execute/pace/pace.js'
import type {Plan} from '../../manager/plan/plan.js'
import {formatAddress, type Address} from '../../model/address.js'
import type {NodeId} from '../../model/node-id.js'
import {answerInLine} from '../line-requests.js'
import {ProgressTally} from '../progress-tally.js'
import type {World} from '../world.js'
import {OperationFolder} from './operation-folder.js'
import {readChanges, type PaceAnswer, type PaceRequest} from './pace-protocol.js'

export interface Announcement {
  /** So that it can say how far it is. */
  event(event: ExecutionEvent): void
  /** Nobody finds it any more. */
  end(): void
}

export interface Announced {
  /** The operation's own; its journal has the same. */
  readonly id: string
  readonly plan: Plan
  readonly pace: Pace
  readonly entry: string
  readonly addresses: ReadonlyMap<NodeId, Address>
}

/**
 * Where the state folder cannot be written, or the socket not be opened, nobody can steer the operation from outside; it goes on
 * all the same.
 * @param failed is told why
 */
export function announce(world: World, announced: Announced, failed: (reason: string) => void): Announcement {
  const {id, plan, pace, entry, addresses} = announced
  const {clock, env} = world
  const tally = new ProgressTally(plan, clock.nowMs())
  const folder = new OperationFolder(env)
  const server = answerInLine<PaceRequest, PaceAnswer>(
    (request) => {
      for (const change of readChanges(request)) pace.change(change)
      return {did: 'report', report: tally.report(clock.nowMs()), latencyMs: pace.latencyMs}
    },
    (error) => ({did: 'fail', error}),
  )
  const end = (): void => {
    process.off('exit', end)
    server.close()
    folder.remove(id)
  }
  const fail = (error: unknown): void => {
    failed(error instanceof Error ? error.message : String(error))
    end()
  }
  const record = (): void => {
    const socket = folder.socketOf(id)
    if (process.platform !== 'win32') chmodSync(socket, 0o600)
    folder.write({
      schema: 'tscluster.operation/1',
      id,
      pid: process.pid,
      operation: plan.operation,
      startedMs: Date.now(),
      entry,
      nodes: [...addresses].map(([node, address]) => ({id: node, address: formatAddress(address)})),
      socket,
    })
  }
  process.on('exit', end)
  server.once('error', fail)
  try {
    folder.make()
    // What an earlier process left that had the same operation in hand, and was killed.
    folder.remove(id)
    server.listen(folder.socketOf(id), () => {
      try {
        record()
      } catch (error) {
        fail(error)
      }
    })
    // An operation that has ended waits for nobody.
    server.unref()
  } catch (error) {
    fail(error)
  }
  return {event: (event) => tally.event(event, clock.nowMs()), end}
}
