/** `--cluster help`: the text of the original. */
import {expect} from 'chai'
import {describeOnServers} from '../../support/real-servers.js'
import {original, ours} from './side-by-side.js'

describeOnServers('the help', ['redis-7.0', 'redis-8.0', 'valkey-8.1', 'valkey-9.1'], (flavour) => {
  it('is that of the original, exit code and one slip apart', async () => {
    const theirs = await original(flavour, ['--cluster', 'help'])
    const mine = await ours(flavour, ['--cluster', 'help'])
    // valkey-cli advertises an option that it does not accept.
    expect(mine.stdout).to.equal(theirs.stdout.replace('--cluster-primaries-id', '--cluster-primary-id'))
    expect({stderr: mine.stderr, code: mine.code}).to.deep.equal({stderr: '', code: 0})
    expect(theirs.code).to.equal(1)
  })
})
