import {expect} from 'chai'
import {isSameRequest, shownCommand} from '../../../../src/cli/journal/shown-command.js'

describe('a command line that is kept', () => {
  it('has no password in it, however it was given', () => {
    const ways = [
      ...[['-a', 'hemlock'], ['-ahemlock'], ['-ya', 'hemlock'], ['--pass', 'hemlock'], ['--pass=hemlock']],
      ...[['--from-pass', 'hemlock'], ['--cluster-from-pass=hemlock'], ['redis://ops:hemlock@10.0.0.1:7000']],
    ]
    for (const words of ways) expect(shownCommand(['reshard', ...words, '--yes'])).not.to.include('hemlock')
  })

  it('is otherwise as it was typed, in quotes where a shell needs them', () => {
    expect(shownCommand(['import', 'h:1', '--from-user', 'a b'])).to.equal("tscluster import h:1 --from-user 'a b'")
  })

  it('is the same request whoever asks, however it is told', () => {
    const words = ['reshard', 'h:1', '--slots', '5']
    const same = ['reshard', 'h:1', '--slots', '5', '--yes', '--json', '-a', 'x', '--journal', 'f']
    expect(isSameRequest(shownCommand(words), shownCommand(same))).to.equal(true)
    expect(isSameRequest(shownCommand(words), shownCommand([...words, '--from', 'all']))).to.equal(false)
  })
})
