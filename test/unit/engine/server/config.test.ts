import {expect} from 'chai'
import {Config} from '../../../../src/engine/server/config.js'

describe('CONFIG SET', () => {
  it('takes all of several directives or none', () => {
    const config = new Config()
    const pairs = [
      ['timeout', '5'],
      ['maxclients', 'abc'],
    ] as const
    expect(config.change(pairs, false)).to.deep.include({name: 'maxclients'})
    expect(config.text('timeout')).to.equal('0')
  })

  it('asks who must bring a change about first, and takes everything back when that fails', () => {
    const config = new Config()
    const seen: string[] = []
    const told: string[] = []
    config.watch('timeout', (value) => told.push(value))
    config.applyChanges(['tls-cert-file'], () => {
      seen.push(config.text('tls-cert-file'))
      return config.text('tls-cert-file') === 'bad' ? 'not this one' : undefined
    })
    const change = (file: string): unknown =>
      config.change(
        [
          ['timeout', '5'],
          ['tls-cert-file', file],
        ],
        false,
      )
    expect(change('bad')).to.deep.equal({name: 'tls-cert-file', error: 'not this one', isUnfit: true})
    expect([config.text('timeout'), config.text('tls-cert-file')]).to.deep.equal(['0', ''])
    expect(seen).to.deep.equal(['bad', ''])
    expect(told).to.deep.equal(['0'])
    expect(change('good')).to.equal(undefined)
    expect(told).to.deep.equal(['0', '5'])
  })

  it('has a certificate read again that keeps its name', () => {
    const config = new Config([['tls-cert-file', 'a']])
    let reads = 0
    config.applyChanges(['tls-cert-file', 'timeout'], () => {
      reads++
      return undefined
    })
    config.change([['tls-cert-file', 'a']], false)
    config.change([['timeout', config.text('timeout')]], false)
    expect(reads).to.equal(1)
  })
})
