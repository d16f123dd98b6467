import {mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {FileStorage} from '../../../../src/engine/host/file-storage.js'

describe('a node’s folder', () => {
  let directory: string
  let storage: FileStorage

  beforeEach(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'tscluster-storage-'))
    storage = new FileStorage(path.join(directory, 'made', 'by', 'the', 'node'))
  })

  afterEach(async () => {
    await storage.close()
    rmSync(directory, {recursive: true})
  })

  const text = (name: string): string => readFileSync(path.join(storage.directory, name), 'latin1')

  it('knows a file that is not there from an empty one', () => {
    expect(storage.read('nodes.conf')).to.equal(null)
    storage.replace('nodes.conf', new Uint8Array(0))
    expect(storage.read('nodes.conf')).to.have.lengthOf(0)
  })

  it('replaces a file whole and leaves nothing beside it', () => {
    storage.replace('nodes.conf', Buffer.from('old and long'))
    storage.replace('nodes.conf', Buffer.from('new'))
    expect(text('nodes.conf')).to.equal('new')
    expect(readdirSync(storage.directory)).to.deep.equal(['nodes.conf'])
  })

  it('appends, also in a folder of the folder, and to the file that has replaced the one it appended to', () => {
    storage.append('appendonlydir/a.aof', Buffer.from('one '))
    storage.append('appendonlydir/a.aof', Buffer.from('two '))
    storage.sync('appendonlydir/a.aof')
    expect(text('appendonlydir/a.aof')).to.equal('one two ')
    storage.replace('appendonlydir/a.aof', Buffer.from('anew '))
    storage.append('appendonlydir/a.aof', Buffer.from('three'))
    expect(text('appendonlydir/a.aof')).to.equal('anew three')
  })

  it('renames and removes; removing what is gone is no fault', () => {
    storage.append('a', Buffer.from('x'))
    storage.rename('a', 'b')
    storage.append('a', Buffer.from('y'))
    expect([text('a'), text('b')]).to.deep.equal(['y', 'x'])
    storage.remove('b')
    storage.remove('b')
    expect(storage.read('b')).to.equal(null)
  })
})
