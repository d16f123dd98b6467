/** A node that was reset has nothing in memory. It must find nothing on its disk either when it is started again. */
import {expect} from 'chai'
import {reset} from '../../../../../src/manager/execute/steps/reset.js'
import type {Reply} from '../../../../../src/manager/ports.js'
import {address} from '../../../../../src/model/address.js'
import {failureOf} from '../../../../support/failure-of.js'
import {paperContext} from '../../../../support/paper-context.js'
import {errorReply, scriptedPool, type Script} from '../../../../support/scripted-pool.js'

const NODE = 'a'.repeat(40)
const STEP = {kind: 'reset', node: NODE, mode: 'soft'} as const

/** @param infos what INFO persistence says, time by time; the last stays */
function telling(infos: readonly string[], answers: Readonly<Record<string, Reply | Error>> = {}): Script {
  let look = 0
  return (_, command) => {
    if (command in answers) return answers[command]!
    if (command === 'DBSIZE') return 0
    return command === 'INFO persistence' ? (infos[Math.min(look++, infos.length - 1)] ?? '') : 'OK'
  }
}

interface Course {
  readonly heard: readonly string[]
  readonly notes: readonly string[]
}

async function course(script: Script): Promise<Course> {
  const pool = scriptedPool(script)
  const {context, events} = paperContext(pool, new Map([[NODE, address('h', 1)]]))
  await reset(STEP, context)
  const heard = pool.heard.map((each) => each.replace('h:1 ', '')).filter((each) => each !== 'INFO persistence')
  return {heard, notes: events.flatMap((event) => (event.kind === 'noted' ? [event.message] : []))}
}

describe('resetting a node', () => {
  it('tells its AOF that there is nothing any more', async () => {
    const {heard, notes} = await course(telling(['aof_enabled:1\r\n']))
    expect(heard).to.deep.equal(['CLUSTER RESET SOFT', 'DBSIZE', 'FLUSHALL'])
    expect(notes).to.deep.equal([])
  })

  it('saves the empty data set where the node starts from an RDB file, after who still saves what there was', async () => {
    const {heard} = await course(telling(['aof_enabled:0\r\nrdb_bgsave_in_progress:1\r\n', 'aof_enabled:0\r\n']))
    expect(heard).to.deep.equal(['CLUSTER RESET SOFT', 'DBSIZE', 'FLUSHALL', 'SAVE'])
  })

  it('flushes nothing when it was not reset, and says what can be done', async () => {
    const refusal = "ERR CLUSTER RESET can't be called with master nodes containing keys"
    const pool = scriptedPool(telling([], {'CLUSTER RESET SOFT': errorReply(refusal)}))
    const {context} = paperContext(pool, new Map([[NODE, address('h', 1)]]))
    const error = await failureOf(reset(STEP, context))
    expect(error.hint).to.contain('tscluster call h:1 FLUSHALL')
    expect(pool.heard).to.deep.equal(['h:1 CLUSTER RESET SOFT', 'h:1 DBSIZE'])
  })

  it('flushes no key that is there, whoever wrote it', async () => {
    const {heard} = await course(telling(['aof_enabled:1\r\n'], {DBSIZE: 1}))
    expect(heard).to.deep.equal(['CLUSTER RESET SOFT', 'DBSIZE'])
  })

  for (const refused of ['DBSIZE', 'FLUSHALL', 'SAVE']) {
    it(`says what is left to do where the node refuses ${refused}`, async () => {
      const {notes} = await course(telling(['aof_enabled:0\r\n'], {[refused]: errorReply('ERR unknown command')}))
      expect(notes).to.deep.equal([
        'h:1: its files may still hold what it had (ERR unknown command); remove them before it is started again',
      ])
    })
  }
})
