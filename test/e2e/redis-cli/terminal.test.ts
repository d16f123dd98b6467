/** redis-cli's questions under a terminal: nobody hurries who sits there, and lines have their colours. */
import {expect} from 'chai'
import {quickCluster, type QuickCluster} from '../../support/quick-cluster.js'
import {describeOnServers} from '../../support/real-servers.js'
import {describeInTerminal, openTerminal} from '../../support/terminal.js'

describeInTerminal('the drop-in on a terminal', () => {
  describeOnServers('with a cluster', ['redis-8.0'], (flavour) => {
    let cluster: QuickCluster

    before(async () => {
      cluster = await quickCluster(flavour, {primaries: 3})
    })

    it('is answered by typing, in colour', async () => {
      const terminal = openTerminal(['--cluster', 'reshard', cluster.entry])
      await terminal.expect(/How many slots do you want to move \(from 1 to 16384\)\? /)
      terminal.type('2')
      terminal.press('enter')
      await terminal.expect(/What is the receiving node ID\? /)
      terminal.type(cluster.ids[0]!)
      terminal.press('enter')
      await terminal.expect(/Source node #1: /)
      terminal.type('all')
      terminal.press('enter')
      await terminal.expect(/Do you want to proceed with the proposed reshard plan \(yes\/no\)\? /)
      terminal.type('yes')
      terminal.press('enter')
      expect(await terminal.exitCode()).to.equal(0)
      expect(terminal.text).to.match(/Moving slot \d+ from \S+ to \S+: /)
      expect(terminal.raw).to.contain('\u001b[32;1m[OK] All 16384 slots covered.')
    })

    it('is left with Ctrl-C at a question: nothing was changed', async () => {
      const terminal = openTerminal(['--cluster', 'reshard', cluster.entry])
      await terminal.expect(/How many slots/)
      terminal.press('ctrl-c')
      expect(await terminal.exitCode()).to.equal(130)
    })

    it('has no colour for who does not want any', async () => {
      const terminal = openTerminal(['--cluster', 'info', cluster.entry], {env: {NO_COLOR: '1'}})
      expect(await terminal.exitCode()).to.equal(0)
      expect(terminal.raw).not.to.contain('\u001b[')
    })
  })
})
