import {expect} from 'chai'
import {address, type Address} from '../../../../src/model/address.js'
import type {NodeId} from '../../../../src/model/node-id.js'
import type {ExecutionEvent} from '../../../../src/manager/execute/event.js'
import type {StepContext} from '../../../../src/manager/execute/step-context.js'
import {moveSlots} from '../../../../src/manager/execute/steps/move-slots.js'
import {failureOf} from '../../../support/failure-of.js'
import {paperContext} from '../../../support/paper-context.js'
import type {NodeClient} from '../../../../src/manager/ports.js'
import {Pace} from '../../../../src/manager/execute/pace/pace.js'
import {NO_LIMITS} from '../../../../src/manager/plan/pace-limits.js'
import {errorReply, scriptedPool, type ScriptedPool} from '../../../support/scripted-pool.js'

const SOURCE = 'a'.repeat(40)
const TARGET = 'b'.repeat(40)
const WITNESS = 'c'.repeat(40)

const ADDRESSES = new Map<NodeId, Address>([
  [SOURCE, address('source', 1)],
  [TARGET, address('target', 1)],
  [WITNESS, address('witness', 1)],
])

const OWN_LINES: ReadonlyMap<string, string> = new Map([
  ['source:1', `${SOURCE} source:1@10001 myself,master - 0 0 1 connected 0-100`],
  ['target:1', `${TARGET} target:1@10001 myself,master - 0 0 2 connected 101-16382`],
  ['witness:1', `${WITNESS} witness:1@10001 myself,master - 0 0 3 connected 16383`],
])

interface World {
  readonly pool: ScriptedPool
  readonly context: StepContext
  readonly events: ExecutionEvent[]
  readonly keys: Map<number, string[]>
}

/** A source with slots 0 to 100 and the given keys; MIGRATE empties it unless `refusal` says otherwise. */
function worldWith(
  keys: Record<number, string[]>,
  refusal: (key: string) => string | undefined = () => undefined,
  roleOf: (node: string) => 'master' | 'slave' = () => 'master',
): World {
  const held = new Map(Object.entries(keys).map(([slot, names]) => [Number(slot), [...names]]))
  const pool = scriptedPool((node, command, argv) => {
    const [name, sub, slot] = argv.map(String)
    if (name === 'INFO') return `cluster_enabled:1\r\nredis_version:7.0.15\r\nrole:${roleOf(node)}\r\n`
    if (command === 'CLUSTER NODES') {
      return OWN_LINES.get(node)!
    }
    if (command === 'CLUSTER INFO') return 'cluster_state:ok\r\n'
    if (sub === 'COUNTKEYSINSLOT') return held.get(Number(slot))?.length ?? 0
    if (sub === 'GETKEYSINSLOT') return [...(held.get(Number(slot)) ?? [])]
    if (name === 'DUMP') return Buffer.from(`${node} ${sub}`)
    if (name !== 'MIGRATE') return 'OK'
    const moving = command.slice(command.indexOf('KEYS ') + 5).split(' ')
    const refused = moving.map(refusal).find((reason) => reason !== undefined)
    if (refused !== undefined) return errorReply(refused)
    for (const [each, names] of held) {
      held.set(
        each,
        names.filter((key) => !moving.includes(key)),
      )
    }
    return 'OK'
  })
  const {context, events} = paperContext(pool, ADDRESSES)
  return {pool, context, events, keys: held}
}

const move = (context: StepContext, slots = '0-1'): Promise<void> =>
  moveSlots({kind: 'move-slots', slots, source: SOURCE, target: TARGET}, context)

describe('moving slots', () => {
  it('opens the target first, hands over to the target first, and tells the others last', async () => {
    const {pool, context} = worldWith({1: ['k']})
    await move(context)
    const changes = pool.heard.filter((line) => /SETSLOT|MIGRATE /.test(line))
    expect(changes).to.deep.equal([
      `target:1 CLUSTER SETSLOT 0 IMPORTING ${SOURCE}`,
      `target:1 CLUSTER SETSLOT 1 IMPORTING ${SOURCE}`,
      `source:1 CLUSTER SETSLOT 0 MIGRATING ${TARGET}`,
      `source:1 CLUSTER SETSLOT 1 MIGRATING ${TARGET}`,
      'source:1 MIGRATE target 1  0 60000 KEYS k',
      `target:1 CLUSTER SETSLOT 0 NODE ${TARGET}`,
      `target:1 CLUSTER SETSLOT 1 NODE ${TARGET}`,
      `source:1 CLUSTER SETSLOT 0 NODE ${TARGET}`,
      `source:1 CLUSTER SETSLOT 1 NODE ${TARGET}`,
      `witness:1 CLUSTER SETSLOT 0 NODE ${TARGET}`,
      `witness:1 CLUSTER SETSLOT 1 NODE ${TARGET}`,
    ])
  })

  it('tells each slot once, with the keys that went with it', async () => {
    const {context, events} = worldWith({0: ['a', 'b'], 1: ['c']})
    await move(context)
    const moved = events.flatMap((event) => (event.kind === 'slot-moved' ? [[event.slot, event.keys]] : []))
    expect(moved).to.deep.equal([
      [0, 2],
      [1, 1],
    ])
  })

  it('hands over a window with the write that opens the next one, the target before the source in both', async () => {
    const {pool, context} = worldWith({})
    await move(context, '0-64')
    const about = ['SETSLOT 63', 'SETSLOT 64'].flatMap((slot) => pool.heard.filter((line) => line.includes(`${slot} `)))
    const order = pool.heard.filter((line) => about.includes(line) && !line.startsWith('witness'))
    expect(order).to.deep.equal([
      `target:1 CLUSTER SETSLOT 63 IMPORTING ${SOURCE}`,
      `source:1 CLUSTER SETSLOT 63 MIGRATING ${TARGET}`,
      `target:1 CLUSTER SETSLOT 63 NODE ${TARGET}`,
      `target:1 CLUSTER SETSLOT 64 IMPORTING ${SOURCE}`,
      `source:1 CLUSTER SETSLOT 63 NODE ${TARGET}`,
      `source:1 CLUSTER SETSLOT 64 MIGRATING ${TARGET}`,
      `target:1 CLUSTER SETSLOT 64 NODE ${TARGET}`,
      `source:1 CLUSTER SETSLOT 64 NODE ${TARGET}`,
    ])
  })

  it('hands over what is moved, and opens nothing more, when the operator stops it', async () => {
    const stopping = new AbortController()
    const {pool, context} = worldWith({5: ['k']})
    const emit = ({kind}: ExecutionEvent): void => void (kind === 'keys-moved' && stopping.abort())
    const error = await failureOf(move({...context, stop: stopping.signal, emit}, '0-100'))
    expect(error.code).to.equal('interrupted')
    expect(error.hint).to.equal(undefined)
    expect(pool.heard).to.include(`source:1 CLUSTER SETSLOT 63 NODE ${TARGET}`)
    expect(pool.heard.filter((line) => line.includes('SETSLOT 64 '))).to.deep.equal([])
  })

  it('paused closes what is open, looks at both nodes anew when it goes on, and does the rest', async () => {
    const {pool, context, events} = worldWith({5: ['k'], 80: ['l']})
    let openWhilePaused = ''
    const clock = {
      nowMs: () => 0,
      sleep: () => {
        openWhilePaused = pool.heard.filter((line) => / SETSLOT /.test(line)).at(-1)!
        pool.heard.push('--- goes on')
        pace.change({do: 'resume'})
        return Promise.resolve()
      },
    }
    const pace = new Pace(NO_LIMITS, clock)
    const never = new AbortController().signal
    const connect = (id: NodeId): Promise<NodeClient> => pool.connect(ADDRESSES.get(id)!)
    const ends = {connect, stop: never, kill: never, note: () => undefined}
    const emit = (event: ExecutionEvent): void => {
      context.emit(event)
      if (event.kind === 'keys-moved') pace.change({do: 'pause'})
    }
    await move({...context, pace: pace.enter(ends, []), emit}, '0-100')
    expect(openWhilePaused).to.equal(`witness:1 CLUSTER SETSLOT 63 NODE ${TARGET}`)
    const later = pool.heard.slice(pool.heard.indexOf('--- goes on'))
    expect(later.slice(1, 3)).to.deep.equal(['source:1 INFO', 'target:1 INFO'])
    expect(later).to.include(`target:1 CLUSTER SETSLOT 100 NODE ${TARGET}`)
    expect(events.filter(({kind}) => kind === 'keys-counted')).to.deep.equal([
      {kind: 'keys-counted', step: '0.0', keys: 2},
    ])
  })

  it('moves a key that came between the count and the opening of its slot', async () => {
    const {pool, context, keys} = worldWith({0: []})
    const connectLines: StepContext['connectLines'] = async (id) => {
      const node = await pool.connectLines(ADDRESSES.get(id)!)
      return {
        ...node,
        async pipeline(commands) {
          const replies = await node.pipeline(commands)
          if (commands.some((words) => words.includes('IMPORTING'))) keys.set(0, ['late'])
          return replies
        },
      }
    }
    await move({...context, connectLines})
    expect(pool.heard).to.include('source:1 MIGRATE target 1  0 60000 KEYS late')
    expect(keys.get(0)).to.deep.equal([])
  })

  it('keeps a slot open when one of its keys has another value at the target, and hands over the rest', async () => {
    const busy = 'ERR Target instance replied with error: BUSYKEY Target key name already exists.'
    const {pool, context, keys} = worldWith({0: ['disputed'], 1: ['fine']}, (key) =>
      key === 'disputed' ? busy : undefined,
    )
    const error = await failureOf(move(context))
    expect(error.code).to.equal('key-exists')
    expect(error.message).to.include('"disputed"')
    expect(error.hint).to.include('open: slot 0; without its journal: `tscluster fix source:1`')
    expect(keys.get(0)).to.deep.equal(['disputed'])
    expect(pool.heard).to.include(`target:1 CLUSTER SETSLOT 1 NODE ${TARGET}`)
    expect(pool.heard).to.not.include(`target:1 CLUSTER SETSLOT 0 NODE ${TARGET}`)
  })

  it('does not try slot after slot when the target is out of memory', async () => {
    const oom = 'ERR Target instance replied with error: OOM command not allowed'
    const {pool, context} = worldWith({0: ['a'], 1: ['b']}, () => oom)
    const error = await failureOf(move(context))
    expect(error.hint).to.match(/out of memory.*open: slots 0-1; without its journal: `tscluster fix source:1`/)
    expect(pool.heard.filter((line) => line.includes('MIGRATE ')).length).to.equal(1)
  })

  it('does not hand slots over when the source was replaced while they were open: its heir has taken writes to them', async () => {
    let role: 'master' | 'slave' = 'master'
    const {pool, context} = worldWith(
      {0: ['k']},
      () => {
        // It stood still in the middle of this MIGRATE.
        void context.clock.sleep(8_000)
        role = 'slave'
        return undefined
      },
      (node) => (node === 'source:1' ? role : 'master'),
    )
    const error = await failureOf(move(context))
    expect(error).to.include({code: 'stale-plan', node: 'source:1'})
    expect(error.hint).to.include('open: slots 0-1')
    expect(pool.heard.filter((line) => / NODE /.test(line))).to.deep.equal([])
  })

  it('does not wait again for a target that took the whole time limit of MIGRATE to be found gone', async () => {
    const {pool, context} = worldWith({0: ['k']}, () => {
      void context.clock.sleep(60_000)
      return 'IOERR error or timeout reading to target instance'
    })
    await failureOf(move(context))
    expect(pool.heard.filter((line) => line.includes('MIGRATE ')).length).to.equal(1)
  })

  it('tries again when the refusal passes by itself', async () => {
    let refusals = 2
    const {context, keys} = worldWith({0: ['a']}, () => (refusals-- > 0 ? 'TRYAGAIN Multiple keys request' : undefined))
    await move(context)
    expect(keys.get(0)).to.deep.equal([])
  })

  it('refuses to move what the source does not own any more', async () => {
    const {pool, context} = worldWith({})
    const step = {kind: 'move-slots', slots: '1', source: WITNESS, target: TARGET} as const
    const error = await failureOf(moveSlots(step, context))
    expect(error.code).to.equal('stale-plan')
    expect(pool.heard.some((line) => line.includes('SETSLOT'))).to.equal(false)
  })
})
