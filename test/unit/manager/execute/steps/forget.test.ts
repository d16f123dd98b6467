/** To forget a node is to give up what it serves. */
import {expect} from 'chai'
import {forget} from '../../../../../src/manager/execute/steps/node-commands.js'
import {address} from '../../../../../src/model/address.js'
import {failureOf} from '../../../../support/failure-of.js'
import {paperContext} from '../../../../support/paper-context.js'
import {scriptedPool} from '../../../../support/scripted-pool.js'

const [MEMBER, LEAVING] = ['a'.repeat(40), 'b'.repeat(40)]
const STEP = {kind: 'forget', node: LEAVING, by: MEMBER} as const

function memberThatTells(flags: string, slots: string): ReturnType<typeof scriptedPool> {
  const lines = [
    `${MEMBER} h:1@1 myself,master - 0 0 1 connected 0-5460`,
    `${LEAVING} h:2@2 ${flags} - 0 0 2 connected ${slots}`,
  ]
  return scriptedPool((_, command) => (command === 'CLUSTER NODES' ? lines.join('\n') : 'OK'))
}

describe('forgetting a node', () => {
  const addresses = new Map([[MEMBER, address('h', 1)]])

  for (const [what, flags, slots] of [
    ['that serves nothing', 'master', ''],
    ['that is dead', 'master,fail', '5461-10922'],
  ] as const) {
    it(`is done for one ${what}`, async () => {
      const pool = memberThatTells(flags, slots)
      await forget(STEP, paperContext(pool, addresses).context)
      expect(pool.heard.at(-1)).to.equal(`h:1 CLUSTER FORGET ${LEAVING}`)
    })
  }

  it('is refused for one that serves slots, which came to it since the plan was made', async () => {
    const pool = memberThatTells('master', '100-102')
    const error = await failureOf(forget(STEP, paperContext(pool, addresses).context))
    expect(error).to.include({code: 'stale-plan', node: 'h:2', message: 'serves 3 slots: it cannot be forgotten'})
    expect(pool.heard.some((each) => each.includes('FORGET'))).to.equal(false)
  })
})
