/** A node that was reset has nothing in memory. It must find nothing on its disk either when it is started again. */
import {expect} from 'chai'
import {reset} from '../../../../../src/manager/execute/steps/reset.js'
import {address} from '../../../../../src/model/address.js'
import {paperContext} from '../../../../support/paper-context.js'
import {errorReply, scriptedPool, type Script} from '../../../../support/scripted-pool.js'

const NODE = 'a'.repeat(40)
const STEP = {kind: 'reset', node: NODE, mode: 'soft'} as const

/** @param infos what INFO persistence says, time by time; the last stays */
function telling(infos: readonly string[], refusals: Readonly<Record<string, string>> = {}): Script {
  let look = 0
  return (_, command) => {
    const refusal = refusals[command]
    if (refusal !== undefined) return errorReply(refusal)
    return command === 'INFO persistence' ? (infos[Math.min(look++, infos.length - 1)] ?? '') : 'OK'
  }
}

async function hear(script: Script): Promise<{readonly heard: readonly string[]; readonly notes: readonly string[]}> {
  const pool = scriptedPool(script)
  const {context, events} = paperContext(pool, new Map([[NODE, address('h', 1)]]))
  await reset(STEP, context)
  const heard = pool.heard.map((each) => each.replace('h:1 ', '')).filter((each) => each !== 'INFO persistence')
  return {heard, notes: events.flatMap((event) => (event.kind === 'noted' ? [event.message] : []))}
}

describe('resetting a node', () => {
  it('saves the empty data set where the node starts from an RDB file', async () => {
    const {heard, notes} = await hear(telling(['aof_enabled:0\r\n']))
    expect(heard).to.deep.equal(['CLUSTER RESET SOFT', 'SAVE'])
    expect(notes).to.deep.equal([])
  })

  it('has the AOF written anew, and waits for its end', async () => {
    const {heard} = await hear(
      telling(['aof_enabled:1\r\n', 'aof_enabled:1\r\naof_rewrite_in_progress:1\r\n', 'aof_enabled:1\r\n']),
    )
    expect(heard).to.deep.equal(['CLUSTER RESET SOFT', 'BGREWRITEAOF'])
  })

  it('asks for nothing while a child process writes what was there before', async () => {
    const busy = 'aof_enabled:1\r\naof_rewrite_in_progress:1\r\n'
    const {heard} = await hear(telling([busy, busy, 'aof_enabled:1\r\n', busy, 'aof_enabled:1\r\n']))
    expect(heard).to.deep.equal(['CLUSTER RESET SOFT', 'BGREWRITEAOF'])
  })

  it('says what is left to do where the node does not let us', async () => {
    const {notes} = await hear(telling(['aof_enabled:0\r\n'], {SAVE: 'ERR unknown command'}))
    expect(notes).to.deep.equal([
      'h:1: its files may still hold what it had (ERR unknown command); remove them before it is started again',
    ])
  })
})
