import {expect} from 'chai'
import {parseServerArguments} from '../../../../src/engine/library/server-command-line.js'

describe('the command line of tscluster-server', () => {
  for (const flag of ['-v', '--version']) {
    it(`tells its version for ${flag}`, () => expect(parseServerArguments([flag])).to.deep.equal({kind: 'version'}))
  }
  for (const flag of ['-h', '--help']) {
    it(`helps for ${flag}`, () => expect(parseServerArguments([flag])).to.deep.equal({kind: 'help'}))
  }

  it('runs with the defaults when it is empty', () => {
    expect(parseServerArguments([])).to.deep.equal({
      kind: 'run',
      file: undefined,
      readsInput: false,
      options: '',
      isDetached: false,
    })
  })

  it('has the file first and the directives after it', () => {
    const request = parseServerArguments(['/etc/redis.conf', '--port', '7001', '--save', '60', '1'])
    expect(request).to.include({kind: 'run', file: '/etc/redis.conf', readsInput: false})
    expect(request)
      .to.have.property('options')
      .that.matches(/^port "7001" \nsave "60" "1"/)
  })

  it('reads the standard input for a dash, first or last', () => {
    expect(parseServerArguments(['-'])).to.include({file: undefined, readsInput: true, options: ''})
    expect(parseServerArguments(['-', '--port', '7001'])).to.include({readsInput: true})
    expect(parseServerArguments(['a.conf', '--port', '7001', '-'])).to.include({file: 'a.conf', readsInput: true})
  })

  it('says what it does not do', () => {
    expect(parseServerArguments(['--test-memory', '100'])).to.include({kind: 'unsupported', option: '--test-memory'})
    expect(parseServerArguments(['a.conf', '--sentinel'])).to.include({kind: 'unsupported', option: '--sentinel'})
  })
})
