import {expect} from 'chai'
import {helpText, usageText} from '../../../../src/cli/redis-cli/help.js'
import {wordsOf} from '../../../../src/cli/redis-cli/words.js'

describe('the help', () => {
  it('lists the subcommands in the order of redis-cli, each with its options', () => {
    const text = helpText(wordsOf('redis'))
    const names = [...text.matchAll(/^ {2}([a-z][a-z-]+) {2,}/gm)].map(([, name]) => name)
    expect(names).to.deep.equal([
      ...['create', 'check', 'info', 'fix', 'reshard', 'rebalance', 'add-node', 'del-node', 'call', 'set-timeout'],
      ...['import', 'backup', 'help'],
    ])
    expect(text).to.contain(
      '  add-node       new_host:new_port existing_host:existing_port\n                 --cluster-slave\n',
    )
  })

  it('names options that exist, where valkey-cli names one that does not', () => {
    const text = helpText(wordsOf('valkey'))
    expect(text).to.contain('--cluster-primary-id <arg>').and.not.to.contain('--cluster-primaries-id')
    expect(text).to.contain('--cluster-replica\n').and.not.to.contain('--cluster-slave')
  })

  it('is part of the usage text', () => {
    const words = wordsOf('redis')
    expect(usageText(words))
      .to.match(/^Usage: tscluster/)
      .and.to.contain(helpText(words))
  })
})
