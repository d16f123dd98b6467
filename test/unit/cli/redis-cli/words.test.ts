import {expect} from 'chai'
import {flavourFor, wordsOf} from '../../../../src/cli/redis-cli/words.js'

describe('the flavour of the words', () => {
  it('is redis, whatever the servers are', () => {
    expect(flavourFor('/usr/lib/tscluster/bin/run.js', {})).to.equal('redis')
    expect(flavourFor('/usr/local/bin/redis-cli', {})).to.equal('redis')
  })

  it('is valkey for who calls it valkey-cli', () => {
    expect(flavourFor('/usr/local/bin/valkey-cli', {})).to.equal('valkey')
    expect(flavourFor('valkey-cli-9', {})).to.equal('valkey')
    expect(flavourFor('C:\\bin\\valkey-cli.cmd', {})).to.equal('valkey')
  })

  it('is what TSCLUSTER_FLAVOUR says, if it says one of the two', () => {
    expect(flavourFor('tscluster', {TSCLUSTER_FLAVOUR: 'valkey'})).to.equal('valkey')
    expect(flavourFor('valkey-cli', {TSCLUSTER_FLAVOUR: 'redis'})).to.equal('redis')
    expect(flavourFor('tscluster', {TSCLUSTER_FLAVOUR: 'keydb'})).to.equal('redis')
  })

  it('chooses between master and primary, slave and replica', () => {
    expect(wordsOf('redis')).to.include({primary: 'master', replicas: 'slaves', primaryTitle: 'Master'})
    expect(wordsOf('valkey')).to.include({primary: 'primary', replicas: 'replicas', primaryTitle: 'Primary'})
  })
})
