import {expect} from 'chai'
import {differingKeys} from '../../../../../src/manager/execute/migration/same-value.js'
import {address} from '../../../../../src/model/address.js'
import type {Reply} from '../../../../../src/manager/ports.js'
import {errorReply, scriptedPool} from '../../../../support/scripted-pool.js'

interface Value {
  readonly payload: string
  readonly footer?: string
  readonly type?: string
  readonly members?: readonly string[]
}

type Values = Readonly<Record<string, Value | Error>>

const bytes = (text: string): Buffer => Buffer.from(text)

function replyOf(value: Value | Error | undefined, command: string): Reply | Error {
  if (value instanceof Error) return value
  if (command === 'DUMP') return value === undefined ? null : bytes(value.payload + (value.footer ?? '0123456789'))
  if (command === 'TYPE') return value?.type ?? 'none'
  return (value?.members ?? []).map(bytes)
}

/** The names of the keys that differ, of `a`, `b`… */
async function differing(here: Values, there: Values, settled = false): Promise<string[]> {
  const pool = scriptedPool((node, _, [command, ...rest]) => {
    if (command === 'ASKING') {
      expect(settled).to.equal(false)
      return node === 'here:1' ? errorReply('ERR This instance has cluster support disabled') : 'OK'
    }
    const values = node === 'here:1' ? here : there
    return replyOf(values[String(rest[0])], String(command))
  })
  const [source, target] = await Promise.all([pool.connect(address('here', 1)), pool.connect(address('there', 2))])
  const keys = Object.keys(here).map(bytes)
  return (await differingKeys({source, target, settled}, keys)).map((key) => Buffer.from(key).toString())
}

describe('comparing values on two nodes', () => {
  it('takes equal payloads for equal values, whatever version wrote them', async () => {
    expect(
      await differing({a: {payload: 'x', footer: 'version 10'}}, {a: {payload: 'x', footer: 'version 80'}}),
    ).to.deep.equal([])
  })

  it('looks at the members when payloads differ: their order in a set, a hash or a sorted set means nothing', async () => {
    for (const type of ['set', 'hash', 'zset']) {
      const pairs =
        type === 'set'
          ? [
              ['m', 'n'],
              ['n', 'm'],
            ]
          : [
              ['f', '1', 'g', '2'],
              ['g', '2', 'f', '1'],
            ]
      const [here, there] = pairs as [string[], string[]]
      const value = (payload: string, members: string[]): Value => ({payload, type, members})
      expect(await differing({a: value('x', here)}, {a: value('y', there)}), type).to.deep.equal([])
      expect(await differing({a: value('x', here)}, {a: value('y', ['f', '9'])}), type).to.deep.equal(['a'])
    }
  })

  it('does without ASKING where no slot is on its way', async () => {
    expect(await differing({a: {payload: 'x'}}, {a: {payload: 'x'}}, true)).to.deep.equal([])
  })

  it('minds the order of a list', async () => {
    const list = (payload: string, ...members: readonly string[]): Value => ({payload, type: 'list', members})
    expect(await differing({a: list('x', 'm', 'n')}, {a: list('y', 'm', 'n')})).to.deep.equal([])
    expect(await differing({a: list('x', 'm', 'n')}, {a: list('y', 'n', 'm')})).to.deep.equal(['a'])
  })

  it('takes different types, and values that it cannot read, for different', async () => {
    expect(await differing({a: {payload: 'x', type: 'set'}}, {a: {payload: 'y', type: 'list'}})).to.deep.equal(['a'])
    const value = (payload: string): Value => ({payload, type: 'ReJSON-RL'})
    expect(await differing({a: value('x')}, {a: value('y')})).to.deep.equal(['a'])
  })

  it('finds no conflict where one of the nodes does not have the key, or sends elsewhere for it', async () => {
    expect(await differing({a: {payload: 'x'}, b: {payload: 'x'}}, {b: errorReply('MOVED 1 other:3')})).to.deep.equal(
      [],
    )
  })

  it('does not take a refused answer for an equal value', async () => {
    const refused = differing({a: {payload: 'x'}}, {a: errorReply('NOPERM no permission to run dump')})
    expect(await refused.catch((error: Error) => error.message)).to.match(/NOPERM/)
  })
})
