import {expect} from 'chai'
import {Burst} from '../../../../src/cli/redis-cli/burst.js'
import {Printer} from '../../../../src/cli/redis-cli/printer.js'
import {paperWorld, type PaperWorld} from '../../../support/paper-world.js'

function everyColour(world: PaperWorld): string {
  const print = new Printer(world)
  print.info('>>> one')
  print.ok('[OK] two')
  print.warning('*** three')
  print.error('[ERR] four')
  print.line('five')
  return world.said()
}

describe('lines', () => {
  it('are coloured on a terminal, their ends included, as redis-cli does', () => {
    expect(everyColour(paperWorld({terminal: true}))).to.equal(
      '\u001b[29;1m>>> one\n\u001b[0m\u001b[32;1m[OK] two\n\u001b[0m\u001b[33;1m*** three\n\u001b[0m\u001b[31;1m[ERR] four\n\u001b[0mfive\n',
    )
  })

  it('are plain in a pipe, even where TERM says xterm', () => {
    expect(everyColour(paperWorld({env: {TERM: 'xterm-256color'}}))).to.equal(
      '>>> one\n[OK] two\n*** three\n[ERR] four\nfive\n',
    )
  })

  it('are plain for who says NO_COLOR', () => {
    expect(everyColour(paperWorld({terminal: true, env: {NO_COLOR: '1'}}))).not.to.contain('\u001b')
  })

  it('go to standard output, complaints to standard error', () => {
    const world = paperWorld()
    new Printer(world).complain('no connection')
    expect(world.said()).to.equal('')
    expect(world.complained()).to.equal('no connection\n')
  })

  it('of one moment go out together', async () => {
    const writes: string[] = []
    const world = paperWorld()
    const burst = new Burst(new Printer({...world, stdout: {...world.stdout, write: (text) => void writes.push(text)}}))
    burst.add('Moving slot 1\n')
    burst.add('Moving slot 2\n')
    await Promise.resolve()
    expect(writes).to.deep.equal(['Moving slot 1\nMoving slot 2\n'])
  })
})
