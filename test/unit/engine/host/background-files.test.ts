/** File work in the background: in its order, told in a turn, and at an end when the folder is let go. */
import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {FileStorage} from '../../../../src/engine/host/file-storage.js'
import {type FileWork} from '../../../../src/engine/ports.js'

describe('background work in a node’s folder', () => {
  let directory: string
  let storage: FileStorage

  beforeEach(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'tscluster-storage-'))
    storage = new FileStorage(directory)
  })

  afterEach(async () => {
    await storage.close(true)
    rmSync(directory, {recursive: true, force: true})
  })

  const later = (work: FileWork): Promise<string | undefined> =>
    new Promise((done) => storage.later({...work, inBackground: true, done}))
  const append = (name: string, text: string): Promise<string | undefined> =>
    later({kind: 'append', name, bytes: Buffer.from(text)})

  it('is done in the order in which it was asked for', async () => {
    const outcomes = await Promise.all([
      append('a', 'one '),
      append('a', 'two'),
      later({kind: 'sync', name: 'a'}),
      later({kind: 'rename', from: 'a', to: 'b', lazily: true}),
      later({kind: 'sync-folder', name: 'b'}),
      append('a', 'anew'),
    ])
    expect(outcomes).to.deep.equal(Array(6).fill(undefined))
    expect(['a', 'b'].map((name) => readFileSync(path.join(directory, name), 'latin1'))).to.deep.equal([
      'anew',
      'one two',
    ])
  })

  it('tells in the system’s words what cannot be done, and goes on', async () => {
    const [gone, fine] = await Promise.all([later({kind: 'rename', from: 'none', to: 'b'}), append('a', 'x')])
    expect([gone, fine]).to.deep.equal(['No such file or directory', undefined])
  })

  it('is told in a turn of the node', async () => {
    const turns: string[] = []
    storage.inTurn = (tell) => {
      turns.push('begins')
      tell()
      turns.push('ends')
    }
    await append('a', 'x')
    expect(turns).to.deep.equal(['begins', 'ends'])
  })

  it('is finished before the folder is let go, or dropped when the node was killed', async () => {
    for (const name of ['a', 'b', 'c']) void append(name, 'x')
    await storage.close()
    expect(readdirSync(directory)).to.deep.equal(['a', 'b', 'c'])
    const killed = new FileStorage(directory)
    for (const name of ['d', 'e', 'f']) {
      killed.later({kind: 'append', name, bytes: Buffer.from('x'), inBackground: true})
    }
    await killed.close(true)
    expect(readdirSync(directory)).to.deep.equal(['a', 'b', 'c', 'd'])
  })
})
