/** Questions and answers at a terminal: what is asked, in which order, and what a no or a Ctrl-C leaves behind. */
import {expect} from 'chai'
import {slotCounts} from '../support/cluster-facts.js'
import {quickCluster, type QuickCluster} from '../support/quick-cluster.js'
import {stopAllNodes} from '../support/server-nodes.js'
import {describeInTerminal, openTerminal, type Terminal} from '../support/terminal.js'
import {fillKeys} from '../support/test-data.js'

/** What is asked does not depend on the server: the one that is always there will do. */
const flavour = 'engine'

describeInTerminal('at a terminal', () => {
  let cluster: QuickCluster
  const terminals: Terminal[] = []

  function open(words: readonly string[]): Terminal {
    const terminal = openTerminal(words)
    terminals.push(terminal)
    return terminal
  }

  // A test that fails leaves its program waiting for an answer.
  afterEach(() => Promise.all(terminals.splice(0).map((terminal) => terminal.close())))

  before(async () => {
    cluster = await quickCluster(flavour)
    await fillKeys(cluster.nodes, 60)
  })

  after(stopAllNodes)

  it('reshard asks how many slots, to whom and from whom, shows its plan as a table, and asks before it acts', async () => {
    const [first, second, third] = cluster.nodes.addresses as [string, string, string]
    const terminal = open(['reshard', first])
    await terminal.expect(/How many slots do you want to move/)
    terminal.type('100')
    terminal.press('enter')
    await terminal.expect(/What is the receiving node\?/)
    await terminal.expect(new RegExp(`${first} .*5,461 slots.*\n.*${second} .*5,462 slots.*\n.*${third} `))
    terminal.press('down', 'enter')
    await terminal.expect(/Source node/)
    await terminal.expect(/all of them/)
    terminal.press('enter')
    await terminal.expect(/┌─.*┐/)
    await terminal.expect(new RegExp(`move 50 slots \\(5411-5460\\) from ${first} to ${second}`))
    await terminal.expect(/Carry out this plan\?/)
    terminal.type('y')
    terminal.press('enter')
    await terminal.expect(/done reshard: 100 slots and \d+ keys? moved/)
    await terminal.expect(new RegExp(`next: tscluster check ${first}`))
    expect(await terminal.exitCode()).to.equal(0)
    expect(await slotCounts(cluster.primaries)).to.deep.equal([5411, 5562, 5411])
  })

  it('reshard lets the sources be chosen from a list', async () => {
    const [first, , third] = cluster.nodes.addresses as [string, string, string]
    const before = await slotCounts(cluster.primaries)
    const terminal = open(['reshard', first, '--slots', '7', '--to', first])
    await terminal.expect(/Source node/)
    terminal.press('down', 'enter')
    await terminal.expect(/Which ones\?/)
    terminal.press('down', 'space', 'enter')
    await terminal.expect(new RegExp(`move 7 slots .* from ${third} to ${first}`))
    await terminal.expect(/Carry out this plan\?/)
    terminal.press('enter')
    await terminal.expect(/declined: nothing was changed/)
    expect(await terminal.exitCode()).to.equal(3)
    expect(await slotCounts(cluster.primaries)).to.deep.equal(before)
  })

  it('a number that is out of range is asked for again', async () => {
    const terminal = open(['reshard', cluster.entry])
    await terminal.expect(/How many slots/)
    terminal.type('20000')
    terminal.press('enter')
    await terminal.expect(/16384/)
    terminal.press('ctrl-c')
    expect(await terminal.exitCode()).to.equal(130)
  })

  it('Ctrl-C at a question ends with 130, and nothing was changed', async () => {
    const before = await slotCounts(cluster.primaries)
    const terminal = open(['reshard', cluster.entry, '--slots', '9', '--to', cluster.entry, '--from', 'all'])
    await terminal.expect(/Carry out this plan\?/)
    terminal.press('ctrl-c')
    await terminal.expect(/interrupted.*nothing was changed/)
    expect(await terminal.exitCode()).to.equal(130)
    expect(terminal.text).not.to.match(/^\s+at /m)
    expect(await slotCounts(cluster.primaries)).to.deep.equal(before)
  })

  it('a password is asked for, and not shown', async () => {
    const guarded = await quickCluster(flavour, {password: 's3cret'})
    const terminal = open(['check', guarded.entry, '--askpass'])
    await terminal.expect(/Please input password/)
    terminal.type('s3cret')
    terminal.press('enter')
    await terminal.expect(/healthy/)
    expect(await terminal.exitCode()).to.equal(0)
    expect(terminal.text).not.to.include('s3cret')
  })

  it('a table has borders and colours, and neither with --no-color', async () => {
    const coloured = open(['info', cluster.entry])
    await coloured.expect(/3 primaries, 0 replicas/)
    expect(await coloured.exitCode()).to.equal(0)
    expect(coloured.raw).to.include('\u001b[32mok')
    expect(coloured.text).to.include('│ 127.0.0.1:')
    const plain = open(['info', cluster.entry, '--no-color'])
    await plain.expect(/3 primaries, 0 replicas/)
    await plain.exitCode()
    expect(plain.raw).not.to.include('\u001b[3')
  })

  it('progress is redrawn, and Ctrl-C during the work finishes what is in hand', async () => {
    await fillKeys(cluster.nodes, 20_000, {prefix: 'many:', types: ['string']})
    const words = [
      'reshard',
      cluster.entry,
      '--slots',
      '3000',
      '--to',
      cluster.entry,
      '--from',
      'all',
      '--pipeline',
      '1',
    ]
    const terminal = open([...words, '--yes'])
    await terminal.expect(/move slots: █* *░+ \d+ of 3,000 slots, \d/)
    terminal.press('ctrl-c')
    await terminal.expect(/stopping: what is in hand is being finished; once more stops at once/)
    await terminal.expect(/stopped reshard: .* to go on: /)
    expect(await terminal.exitCode()).to.equal(5)
    expect(terminal.raw).to.include('\r\u001b[K')
  })
})
