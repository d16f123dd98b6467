import {expect} from 'chai'
import {address} from '../../../../src/model/address.js'
import type {ExecutionEvent} from '../../../../src/manager/execute/event.js'
import {execute} from '../../../../src/manager/execute/executor.js'
import type {Outcome} from '../../../../src/manager/execute/outcome.js'
import {ManagerError} from '../../../../src/manager/error.js'
import {DEFAULT_SETTINGS, NO_RISK, type Plan} from '../../../../src/manager/plan/plan.js'
import type {Step} from '../../../../src/manager/plan/step.js'
import {errorReply, handClock, scriptedPool, type Script, type ScriptedPool} from '../../../support/scripted-pool.js'

const A = 'a'.repeat(40)
const B = 'b'.repeat(40)

const set = (node: string, parameter: string): Step => ({
  kind: 'set-config',
  node,
  parameter,
  value: '1',
  rewrite: false,
})

function planOf(parts: Partial<Plan>): Plan {
  return {
    version: 1,
    operation: 'test',
    entries: ['h:1'],
    newcomers: [],
    nodes: [
      {id: A, address: 'h:1'},
      {id: B, address: 'h:2'},
    ],
    basedOn: '',
    settings: DEFAULT_SETTINGS,
    risk: NO_RISK,
    phases: [],
    ...parts,
  }
}

interface Run {
  readonly outcome: Outcome
  readonly heard: readonly string[]
  readonly events: readonly ExecutionEvent[]
}

async function run(plan: Plan, script: Script, hooks: {stopAt?: string; lostAt?: string} = {}): Promise<Run> {
  const stop = new AbortController()
  const lost = new AbortController()
  const pool: ScriptedPool = scriptedPool((node, command, argv) => {
    if (hooks.stopAt !== undefined && command.includes(hooks.stopAt)) stop.abort()
    if (hooks.lostAt !== undefined && command.includes(hooks.lostAt)) lost.abort()
    return script(node, command, argv)
  })
  const events: ExecutionEvent[] = []
  const outcome = await execute(plan, {
    pool,
    clock: handClock(),
    emit: (event) => events.push(event),
    addresses: new Map([
      [A, address('h', 1)],
      [B, address('h', 2)],
    ]),
    primaries: [A, B],
    entry: 'h:1',
    stop: stop.signal,
    kill: lost.signal,
    lost: lost.signal,
  })
  return {outcome, heard: pool.heard, events}
}

const obliging: Script = () => 'OK'

describe('carrying out a plan', () => {
  it('runs phases in order', async () => {
    const phases = [
      {title: 'one', steps: [set(A, 'first'), set(B, 'first')]},
      {title: 'two', steps: [set(A, 'second')]},
    ]
    const {outcome, heard} = await run(planOf({phases}), obliging)
    expect(outcome.status).to.equal('applied')
    expect(outcome.stepsDone).to.equal(3)
    expect(outcome.stepsLeft).to.equal(0)
    expect(heard.at(-1)).to.equal('h:1 CONFIG SET second 1')
  })

  it('begins no further phase after a failure, and says how much is left', async () => {
    const phases = [
      {title: 'one', steps: [set(A, 'good'), set(B, 'bad')]},
      {title: 'two', steps: [set(A, 'never')]},
    ]
    const {outcome, heard} = await run(planOf({phases}), (_, command) =>
      command.includes('bad') ? errorReply('ERR no') : 'OK',
    )
    expect(outcome.status).to.equal('failed')
    expect(outcome.error!.reply).to.equal('ERR no')
    expect(outcome.stepsLeft).to.equal(2)
    expect(heard.some((line) => line.includes('never'))).to.equal(false)
  })

  it('undoes what it did, then does what must be done last', async () => {
    const {outcome, heard} = await run(
      planOf({
        phases: [{title: 'one', steps: [set(A, 'bad')]}],
        undo: [{title: 'undo', steps: [set(A, 'undone')]}],
        lastly: [{title: 'lastly', steps: [set(A, 'restored')]}],
      }),
      (_, command) => (command.includes('bad') ? errorReply('ERR no') : 'OK'),
    )
    expect(outcome.undone).to.equal(true)
    expect(heard.map((line) => line.split(' ')[3])).to.deep.equal(['bad', 'undone', 'restored'])
  })

  it('sends nothing more once another operation has taken over: neither what undoes nor what comes last', async () => {
    const {outcome, heard} = await run(
      planOf({
        phases: [
          {title: 'one', steps: [set(A, 'first')]},
          {title: 'two', steps: [set(A, 'second')]},
        ],
        undo: [{title: 'undo', steps: [set(A, 'undone')]}],
        lastly: [{title: 'lastly', steps: [set(A, 'restored')]}],
      }),
      obliging,
      {lostAt: 'first'},
    )
    expect(outcome).to.deep.include({status: 'stopped', undone: false, stepsDone: 1})
    expect(heard.map((line) => line.split(' ')[3])).to.deep.equal(['first'])
  })

  it('tries every step of the undoing, and tells when one fails', async () => {
    const {outcome, heard} = await run(
      planOf({
        phases: [{title: 'one', steps: [set(A, 'bad')]}],
        undo: [{title: 'undo', steps: [set(A, 'bad-too'), set(B, 'still-tried')]}],
      }),
      (_, command) => (command.includes('bad') ? errorReply('ERR no') : 'OK'),
    )
    expect(outcome.undone).to.equal(false)
    expect(outcome.error!.message).to.match(/undoing it failed too/)
    expect(heard.at(-1)).to.include('still-tried')
  })

  it('stops between phases when asked to, and still does what must be done last', async () => {
    const phases = [
      {title: 'one', steps: [set(A, 'first')]},
      {title: 'two', steps: [set(A, 'second')]},
    ]
    const lastly = [{title: 'lastly', steps: [set(A, 'restored')]}]
    const {outcome, heard} = await run(planOf({phases, lastly}), obliging, {stopAt: 'first'})
    expect(outcome.status).to.equal('stopped')
    expect(outcome.stepsDone).to.equal(1)
    expect(heard.map((line) => line.split(' ')[3])).to.deep.equal(['first', 'restored'])
  })

  it('goes on to the wait for agreement, and no further, when slots were left for their big keys', async () => {
    const left: Step = {kind: 'move-slots', slots: '5', source: A, target: B}
    const line = (id: string, mine: string): string => {
      const slots = id === A ? '0-8191' : '8192-16383'
      return `${id} h:${id === A ? 1 : 2}@10001 ${id === mine ? 'myself,' : ''}master - 0 0 1 connected ${slots}`
    }
    const script: Script = (node, command) => {
      const self = node === 'h:1' ? A : B
      if (command === 'CLUSTER NODES') return [line(A, self), line(B, self)].join('\n')
      if (command === 'INFO') return 'cluster_enabled:1\r\nrole:master\r\n'
      if (command === 'CLUSTER INFO') return 'cluster_state:ok\r\n'
      if (command.includes('COUNTKEYSINSLOT')) return 1
      if (command.includes('GETKEYSINSLOT')) return ['huge']
      if (command.startsWith('MEMORY USAGE')) return 5e7
      return command.startsWith('TYPE') ? 'string' : 'OK'
    }
    const phases = [
      {title: 'move', steps: [left]},
      {title: 'agree', steps: [{kind: 'wait-agreement', nodes: [A, B], push: false} as const]},
      {title: 'forget', steps: [{kind: 'forget', node: A, by: B} as const]},
    ]
    const settings = {...DEFAULT_SETTINGS, bigKeys: {bytes: 1e6, handling: 'skip'}} as const
    const {outcome, heard} = await run(planOf({phases, settings}), script)
    expect(outcome).to.include({status: 'stopped', slotsLeft: '5', stepsDone: 2, stepsLeft: 1, slotsMoved: 0})
    expect(outcome.error).to.include({code: 'big-key'})
    expect(heard.some((each) => /SETSLOT|FORGET/.test(each))).to.equal(false)
  })

  it('brings the keys of other slots home when one has two versions of a key', async () => {
    const collect = (slot: number): Step => ({kind: 'collect-keys', slot, source: A, target: B})
    const phases = [{title: 'bring home', steps: [collect(5), collect(6)]}]
    const script: Script = (node, command) => {
      if (command === 'INFO') return 'cluster_enabled:1\r\n'
      if (command === 'CLUSTER NODES') return `${node === 'h:1' ? A : B} ${node}@1 myself,master - 0 0 1 connected`
      if (command.startsWith('CLUSTER SETSLOT 5')) return new ManagerError('key-exists', '1 key has another value')
      return command.startsWith('CLUSTER COUNTKEYSINSLOT') ? 0 : 'OK'
    }
    const {outcome, heard} = await run(planOf({phases}), script)
    expect(outcome.error!.code).to.equal('key-exists')
    expect(heard).to.include('h:1 CLUSTER SETSLOT 6 STABLE')
  })

  it('never lets two lanes leave one source at a time', async () => {
    // Their slots are at the target already: what counts is when a lane is opened.
    const lanes = ['0', '1'].map((slots): Step => ({kind: 'migrate-slots', slots, source: A, target: B}))
    const script: Script = (node, command) => {
      const [id, slots] = node === 'h:2' ? [B, ' 0-16383'] : [A, '']
      if (command === 'CLUSTER NODES') return `${id} ${node}@1 myself,master - 0 0 1 connected${slots}`
      if (command === 'INFO') return 'cluster_enabled:1\r\nrole:master\r\n'
      if (command === 'CLUSTER INFO') return 'cluster_state:ok\r\n'
      return command.includes('COUNTKEYSINSLOT') ? 0 : []
    }
    const {outcome, events} = await run(planOf({phases: [{title: 'move', steps: lanes}]}), script)
    expect(outcome.status).to.equal('applied')
    expect(events.map(({kind}) => kind)).to.deep.equal([
      'phase-started',
      ...['step-started', 'step-finished', 'step-started', 'step-finished'],
    ])
  })
})
