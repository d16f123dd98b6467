/** Keys at a terminal: a reshard is paused, slowed, helped with and let go, and the terminal is given back as it was. */
import {expect} from 'chai'
import {openSlots} from '../support/cluster-facts.js'
import {quickCluster, type QuickCluster} from '../support/quick-cluster.js'
import {BIN, NODE, runCli} from '../support/run-cli.js'
import {stopAllNodes} from '../support/server-nodes.js'
import {describeInTerminal, Terminal} from '../support/terminal.js'
import {fillKeys} from '../support/test-data.js'
import {until} from '../support/until.js'

describeInTerminal('keys during a reshard', () => {
  let cluster: QuickCluster
  const terminals: Terminal[] = []

  before(async () => {
    cluster = await quickCluster('engine')
    await fillKeys(cluster.nodes, 4_000, {types: ['string']})
  })
  afterEach(() => Promise.all(terminals.splice(0).map((terminal) => terminal.close())))
  after(stopAllNodes)

  /** From a shell, which afterwards says what the terminal is like. */
  function reshard(to: number, ...flags: readonly string[]): Terminal {
    const words = ['--from', 'all', '--to', cluster.ids[to]!, '--slots', '2000', '--yes', ...flags]
    const command = `${NODE} ${BIN} reshard ${cluster.entry} ${words.join(' ')}; echo "it gave $?"; stty -a`
    const terminal = new Terminal(['/bin/sh', '-c', command], {size: [120, 40]})
    terminals.push(terminal)
    return terminal
  }

  /** As a shell needs it: what is typed is shown, line by line, and Ctrl-C is a signal. */
  async function expectSaneTerminal(terminal: Terminal, ends: RegExp): Promise<void> {
    await terminal.expect(ends)
    const [settings] = await terminal.expect(/isig [^]* echo /)
    expect(settings).not.to.match(/-(isig|icanon|echo) /)
  }

  it('p pauses and goes on, - slows down, ? helps, and the lanes are told one by one', async () => {
    const terminal = reshard(0, '--rate', '300keys/s')
    await terminal.expect(/move slots: █*░+ \d+ of 2,000 slots, \d+ of [\d,]+ keys/)
    await terminal.expect(/127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+ █*░+ \d+ of 1,000 slots/)
    await terminal.expect(/p pause\/resume/)
    terminal.type('?')
    await terminal.expect(/p or space pauses and resumes/)
    terminal.type('-')
    await terminal.expect(/1\/2 speed, limit 300 keys\/s/)
    terminal.type('p')
    await terminal.expect(/pausing: what is in hand/)
    await until(async () => (await openSlots(cluster.nodes)).length === 0, {what: 'all slots to be closed'})
    await terminal.expect(/paused, 1\/2 speed/)
    expect(await runCli(['pace', cluster.entry, '--no-limit'])).to.include({code: 0})
    terminal.type(' ')
    await terminal.expect(/done reshard: 2,000 slots/)
    await expectSaneTerminal(terminal, /it gave 0/)
  })

  it('Ctrl-C is heard as ever, during a pause as well', async () => {
    const terminal = reshard(1, '--rate', '100keys/s')
    await terminal.expect(/ [1-9]\d* of 2,000 slots/)
    await terminal.expect(/p pause\/resume/)
    terminal.type('p')
    await terminal.expect(/pausing: what is in hand/)
    terminal.press('ctrl-c')
    await terminal.expect(/stopping: what is in hand is being finished; once more stops at once/)
    await terminal.expect(/stopped reshard: .* to go on: /)
    await expectSaneTerminal(terminal, /it gave 5/)
    expect(await openSlots(cluster.nodes)).to.deep.equal([])
  })
})
