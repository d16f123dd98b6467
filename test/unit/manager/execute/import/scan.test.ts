import {expect} from 'chai'
import {gather, scanKeys} from '../../../../../src/manager/execute/import/scan.js'
import {address} from '../../../../../src/model/address.js'
import type {Reply} from '../../../../../src/manager/ports.js'
import {errorReply, scriptedPool} from '../../../../support/scripted-pool.js'

function page(cursor: string, ...keys: readonly string[]): Reply {
  return [Buffer.from(cursor), keys.map((key) => Buffer.from(key, 'latin1'))]
}

async function textsOf(pages: AsyncIterable<readonly Uint8Array[]>): Promise<string[][]> {
  const texts: string[][] = []
  for await (const keys of pages) texts.push(keys.map((key) => Buffer.from(key).toString('latin1')))
  return texts
}

async function* given(...pages: readonly (readonly string[])[]): AsyncGenerator<readonly Uint8Array[]> {
  for (const keys of pages) yield await Promise.resolve(keys.map((key) => Buffer.from(key)))
}

describe('scanning the keys of a source', () => {
  it('follows the cursor, which may be larger than any number of ours, to its end', async () => {
    const pages = new Map([
      ['0', page('18446744073709551614', 'a', 'b\x00 \xff')],
      ['18446744073709551614', page('7')],
      ['7', page('0', 'c')],
    ])
    const pool = scriptedPool((_, __, argv) => pages.get(String(argv[1])) ?? errorReply('ERR invalid cursor'))
    const client = await pool.connect(address('source', 1))
    expect(await textsOf(scanKeys(client))).to.deep.equal([['a', 'b\x00 \xff'], ['c']])
    expect(pool.heard[1]).to.equal('source:1 SCAN 18446744073709551614 COUNT 1000')
  })

  it('gives each key of several pages once, and pages enough for all owners together', async () => {
    expect(await textsOf(gather(given(['a', 'b'], ['b', 'c', 'b']), 1))).to.deep.equal([['a', 'b', 'c']])
    const long = Array.from({length: 1000}, (_, index) => `${index}`)
    expect((await textsOf(gather(given(long, ['x']), 3))).map((keys) => keys.length)).to.deep.equal([1000, 1])
    expect((await textsOf(gather(given(long, ['x']), 30))).map((keys) => keys.length)).to.deep.equal([1001])
  })
})
