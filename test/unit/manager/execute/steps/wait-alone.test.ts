/** An undo is done when nobody knows the nodes any more, also not by a greeting that was under way meanwhile. */
import {expect} from 'chai'
import {waitAlone} from '../../../../../src/manager/execute/steps/wait-alone.js'
import {address} from '../../../../../src/model/address.js'
import {paperContext} from '../../../../support/paper-context.js'
import {scriptedPool, type Script} from '../../../../support/scripted-pool.js'

const NEW = 'a'.repeat(40)
const MEMBER = 'b'.repeat(40)
const RENAMED = 'c'.repeat(40)
const ADDRESSES = new Map([
  [NEW, address('h', 1)],
  [MEMBER, address('h', 2)],
])
const STEP = {kind: 'wait-alone', nodes: [NEW], members: [MEMBER]} as const

const line = (id: string, port: number, flags: string): string => `${id} h:${port}@1${port} ${flags} - 0 0 0 connected`

/** What each node tells, look by look; the last look stays. */
function telling(looks: Readonly<Record<string, readonly (readonly string[])[]>>): Script {
  const seen = new Map<string, number>()
  return (node, command) => {
    if (command === 'INFO') return 'cluster_enabled:1\r\n'
    if (command !== 'CLUSTER NODES') return 'OK'
    const look = seen.get(node) ?? 0
    seen.set(node, look + 1)
    const [self] = node === 'h:1' ? [line(NEW, 1, 'myself,master')] : [line(MEMBER, 2, 'myself,master')]
    return [self, ...(looks[node]?.[look] ?? [])].join('\n')
  }
}

const told = (heard: readonly string[]): string[] => heard.filter((each) => /RESET|FORGET/.test(each))

describe('waiting until nodes are alone', () => {
  it('tells nobody anything when nobody knows anybody, and looks a second time a little later', async () => {
    const pool = scriptedPool(telling({}))
    const {context} = paperContext(pool, ADDRESSES)
    await waitAlone(STEP, context)
    expect(told(pool.heard)).to.deep.equal([])
    expect(context.clock.nowMs()).to.be.at.least(250)
  })

  it('resets a node once more that a late greeting has reached', async () => {
    const pool = scriptedPool(telling({'h:1': [[], [line(MEMBER, 2, 'handshake')]]}))
    const {context} = paperContext(pool, ADDRESSES)
    await waitAlone(STEP, context)
    expect(told(pool.heard)).to.deep.equal(['h:1 CLUSTER RESET HARD'])
  })

  it('lets a member forget it under the id that it has by now', async () => {
    // Whoever is to be forgotten is looked at once more.
    const [renamed, unreachable] = [[line(RENAMED, 1, 'master')], [line(NEW, 0, 'master,noaddr')]]
    const pool = scriptedPool(telling({'h:2': [renamed, renamed, unreachable, unreachable]}))
    const {context} = paperContext(pool, ADDRESSES)
    await waitAlone(STEP, context)
    expect(told(pool.heard)).to.deep.equal([`h:2 CLUSTER FORGET ${RENAMED}`, `h:2 CLUSTER FORGET ${NEW}`])
  })
})
