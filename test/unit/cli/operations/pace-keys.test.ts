import {expect} from 'chai'
import {changeFor, listenToKeys} from '../../../../src/cli/operations/pace-keys.js'
import {Pace} from '../../../../src/manager/execute/pace/pace.js'
import {paperWorld} from '../../../support/paper-world.js'

describe('the keys that steer', () => {
  it('pause and resume with one key, and make slower and faster', () => {
    expect(changeFor('p', false)).to.deep.equal({do: 'pause'})
    expect(changeFor(' ', true)).to.deep.equal({do: 'resume'})
    expect(changeFor('-', false)).to.deep.equal({do: 'slower'})
    for (const key of ['+', '=']) expect(changeFor(key, false)).to.deep.equal({do: 'faster'})
    for (const key of ['q', 'P', '\r', '\u001b']) expect(changeFor(key, false)).to.equal(undefined)
  })

  it('are not listened to where nobody can press them, or see what they do', () => {
    const world = paperWorld()
    const pace = new Pace(undefined, world.clock)
    const teller = {hint: () => true, note: () => undefined}
    expect(listenToKeys(world, pace, teller)).to.equal(undefined)
    const terminal = {...world, stdin: {...world.stdin, isTerminal: true}}
    expect(listenToKeys(terminal, pace, {...teller, hint: () => false})).to.equal(undefined)
  })
})
