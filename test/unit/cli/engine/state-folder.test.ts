import {expect} from 'chai'
import path from 'node:path'
import {StateFolder} from '../../../../src/cli/engine/state-folder.js'

describe('the engine’s state folder', () => {
  it('is the one of --dir', () => {
    expect(StateFolder.of('/tmp/nodes', {XDG_STATE_HOME: '/state'}).path).to.equal('/tmp/nodes')
  })

  it('is the user’s own otherwise', () => {
    expect(StateFolder.of(undefined, {XDG_STATE_HOME: '/state'}).path).to.equal('/state/tscluster/engine')
  })

  it('is not that of a relative XDG_STATE_HOME, which the specification says to ignore', () => {
    expect(StateFolder.of(undefined, {XDG_STATE_HOME: 'state'}).path).to.match(/tscluster.engine$/)
    expect(path.isAbsolute(StateFolder.of(undefined, {XDG_STATE_HOME: 'state'}).path)).to.equal(true)
  })

  it('has its socket inside', () => {
    expect(new StateFolder('/tmp/nodes').socket).to.equal('/tmp/nodes/engine.sock')
  })

  it('has a socket of its own elsewhere where its path is too long for one', () => {
    const [one, other] = ['a', 'b'].map((name) => new StateFolder(`/${name.repeat(120)}`).socket)
    expect(Buffer.byteLength(one!)).to.be.below(100)
    expect(one).not.to.equal(other)
  })
})
