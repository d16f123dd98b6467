/** What a step's runner is given, made by hand: nodes on paper, nobody who holds back or stops. */
import type {ExecutionEvent} from '../../src/manager/execute/event.js'
import {StallGuard} from '../../src/manager/execute/migration/stall-guard.js'
import type {StepContext} from '../../src/manager/execute/step-context.js'
import {DEFAULT_SETTINGS} from '../../src/manager/plan/plan.js'
import type {Address} from '../../src/model/address.js'
import type {NodeId} from '../../src/model/node-id.js'
import {freePace} from './free-pace.js'
import {handClock, type ScriptedPool} from './scripted-pool.js'

/** @param more what is to be otherwise */
export function paperContext(
  pool: ScriptedPool,
  addresses: ReadonlyMap<NodeId, Address>,
  more: Partial<StepContext> = {},
): {readonly context: StepContext; readonly events: ExecutionEvent[]} {
  const events: ExecutionEvent[] = []
  const never = new AbortController().signal
  const {clock = handClock()} = more
  const addressOf = (id: NodeId): Address => {
    const address = addresses.get(id)
    if (address === undefined) throw new Error(`nobody knows where ${id} is`)
    return address
  }
  const context: StepContext = {
    id: '0.0',
    pool,
    clock,
    pace: freePace(clock),
    stalls: new StallGuard(pool, clock),
    settings: DEFAULT_SETTINGS,
    source: undefined,
    stop: never,
    kill: never,
    primaries: [...addresses.keys()],
    entry: 'source:1',
    emit: (event) => events.push(event),
    addressOf,
    connect: (id) => pool.connect(addressOf(id)),
    connectLines: (id) => pool.connectLines(addressOf(id)),
    ...more,
  }
  return {context, events}
}
