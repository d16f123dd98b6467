import {expect} from 'chai'
import {address} from '../../../src/model/address.js'
import {isManagerError} from '../../../src/manager/error.js'
import {bigKeysAmong} from '../../../src/manager/key-sizes.js'
import {ManagerError} from '../../../src/manager/error.js'
import {errorReply, scriptedPool, type Script} from '../../support/scripted-pool.js'

const keys = (...names: string[]): Uint8Array[] => names.map((name) => Buffer.from(name))

const SCRIPT: Script = (_node, command) => {
  if (command.startsWith('MEMORY USAGE moved')) return errorReply('ASK 5 h:2')
  if (command.startsWith('MEMORY USAGE gone')) return null
  if (command.startsWith('MEMORY USAGE')) return command.includes('huge') ? 5_000 : 50
  if (command.startsWith('TYPE')) return command.includes('hash') ? 'hash' : 'a-module'
  return command.startsWith('HLEN') ? 12 : 'OK'
}

describe('the sizes of keys', () => {
  it('name the big ones with type and members, and leave out those that are gone', async () => {
    const pool = scriptedPool(SCRIPT)
    const node = await pool.connect(address('h', 1))
    const found = await bigKeysAmong(node, keys('small', 'huge hash', 'gone', 'moved', 'huge module'), 1_000)
    expect(found.map(({key, size}) => [Buffer.from(key).toString(), size])).to.deep.equal([
      ['huge hash', {type: 'hash', bytes: 5_000, elements: 12}],
      ['huge module', {type: 'a-module', bytes: 5_000, elements: 0}],
    ])
  })

  it('are asked for 500 keys at a time, so that the node serves others in between', async () => {
    const writes: number[] = []
    const pool = scriptedPool(SCRIPT)
    const node = await pool.connect(address('h', 1))
    const counting = {
      ...node,
      pipeline: (commands: Parameters<typeof node.pipeline>[0]) => {
        writes.push(commands.length)
        return node.pipeline(commands)
      },
    }
    await bigKeysAmong(counting, keys(...Array.from({length: 1_100}, (_, index) => `k${index}`)), 1_000)
    expect(writes).to.deep.equal([500, 500, 100])
  })

  it('of a slot that the node does not own are answered after ASKING', async () => {
    const pool = scriptedPool(SCRIPT)
    const node = await pool.connect(address('h', 1))
    expect(await bigKeysAmong(node, keys('huge hash'), 1_000, true)).to.have.lengthOf(1)
    expect(pool.heard.filter((_, index) => index % 2 === 0)).to.deep.equal(Array(3).fill('h:1 ASKING'))
  })

  it('that a user may not ask for are an error, not a size of 0', async () => {
    const refusal = new ManagerError('not-permitted', 'may not run MEMORY USAGE', {reply: 'NOPERM'})
    const pool = scriptedPool(() => refusal)
    const node = await pool.connect(address('h', 1))
    const outcome = await bigKeysAmong(node, keys('a'), 1).catch((error: unknown) => error)
    expect(isManagerError(outcome, 'not-permitted')).to.equal(true)
  })
})
