import {expect} from 'chai'
import {bigKeyNotes, describeBigKey} from '../../../../src/cli/render/big-keys.js'
import {DEFAULT_SETTINGS, NO_RISK, type Plan} from '../../../../src/manager/plan/plan.js'
import {A, B, EVERY_STEP} from '../../../support/steps.js'

const met = {
  kind: 'big-key',
  step: '0.0',
  source: A,
  target: B,
  slot: 5,
  key: Buffer.from('user:1'),
  type: 'hash',
  bytes: 20 * 2 ** 20,
  elements: 1_000,
  stallMs: 126,
  treatment: 'last',
} as const

describe('a big key on a screen', () => {
  it('is told with its size, the stall to expect, and what becomes of it', () => {
    expect(describeBigKey(met, () => '10.0.0.1:7001')).to.equal(
      'big key "user:1" of slot 5 (hash, 20.0 MiB): its move would stop 10.0.0.1:7001 for about 126 ms; it goes after all others',
    )
  })

  it('cannot draw on the terminal by its name', () => {
    const nasty = {...met, key: Buffer.from('\u001b[2J"\u009b')}
    expect(describeBigKey(nasty, () => 'h:1')).to.include('"\\u001b[2J\\"\\u009b"')
  })
})

describe('what a plan says of big keys that it does not know yet', () => {
  const planWith = (bigKeys: Plan['settings']['bigKeys']): Plan => ({
    version: 1,
    operation: 'reshard',
    entries: ['h:1'],
    newcomers: [],
    nodes: [],
    basedOn: '',
    settings: {...DEFAULT_SETTINGS, ...(bigKeys !== undefined && {bigKeys})},
    risk: NO_RISK,
    phases: [{title: 'move', steps: [EVERY_STEP['move-slots']]}],
  })

  it('is nothing where they go last, as usual', () => {
    expect(bigKeyNotes(planWith(undefined))).to.deep.equal([])
    expect(bigKeyNotes(planWith({bytes: 1_000, handling: 'last'}))).to.deep.equal([])
  })

  it('is that their slots stay, or go another way', () => {
    expect(bigKeyNotes(planWith({bytes: 2 ** 20, handling: 'skip'}))).to.deep.equal([
      'slots that hold a key over 1.0 MiB stay at their source',
    ])
    expect(bigKeyNotes(planWith({bytes: 2 ** 20, handling: 'atomic'}))[0]).to.include('go atomically')
  })
})
