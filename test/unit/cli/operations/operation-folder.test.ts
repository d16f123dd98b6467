import {mkdtempSync, readdirSync, rmSync, statSync, writeFileSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {onSameCluster, OperationFolder, type OperationRecord} from '../../../../src/cli/operations/operation-folder.js'

/** Higher than any process number that Linux gives out. */
const NOBODY = 2 ** 30

function record(id: string, changes: Partial<OperationRecord> = {}): OperationRecord {
  return {
    schema: 'tscluster.operation/1',
    id,
    pid: process.pid,
    operation: 'reshard',
    startedMs: 1,
    entry: '10.0.0.1:7000',
    nodes: [{id: id.repeat(40).slice(0, 40), address: `10.0.0.1:700${id}`}],
    socket: '/tmp/none.sock',
    ...changes,
  }
}

describe('the folder of operations that run', () => {
  let home: string
  let folder: OperationFolder

  beforeEach(() => {
    home = mkdtempSync(path.join(os.tmpdir(), 'tscluster-operations-'))
    folder = new OperationFolder({XDG_STATE_HOME: home})
    folder.make()
  })
  afterEach(() => rmSync(home, {recursive: true}))

  it('lists them, the oldest first, and is nobody else’s business', () => {
    folder.write(record('1', {startedMs: 20}))
    folder.write(record('2', {startedMs: 10}))
    expect(folder.list().map(({id}) => id)).to.deep.equal(['2', '1'])
    if (process.platform !== 'win32') {
      expect(statSync(folder.path).mode & 0o777).to.equal(0o700)
      expect(statSync(path.join(folder.path, '1.json')).mode & 0o777).to.equal(0o600)
    }
  })

  it('is swept of what dead processes left, and of what cannot be read', () => {
    folder.write(record('1', {pid: NOBODY}))
    writeFileSync(folder.socketOf('1'), '')
    writeFileSync(path.join(folder.path, '2.json'), '{"half')
    writeFileSync(path.join(folder.path, '3.json'), '{"schema":"another/1"}')
    folder.write(record('4'))
    expect(folder.list().map(({id}) => id)).to.deep.equal(['4'])
    expect(readdirSync(folder.path)).to.deep.equal(['4.json'])
  })

  it('that is not there holds none', () => {
    expect(new OperationFolder({XDG_STATE_HOME: path.join(home, 'none')}).list()).to.deep.equal([])
  })

  it('finds those of a cluster by any of its nodes, and by an address only where no node answers', () => {
    const records = [record('1'), record('2', {entry: '10.0.0.2:7000'})]
    const found = (ids: readonly string[], address: string): string[] =>
      onSameCluster(records, {ids: new Set(ids), address}).map(({id}) => id)
    expect(found(['2'.repeat(40), 'f'.repeat(40)], '10.0.0.9:7000')).to.deep.equal(['2'])
    expect(found(['f'.repeat(40)], '10.0.0.1:7000')).to.deep.equal([])
    expect(found([], '10.0.0.1:7001')).to.deep.equal(['1'])
    expect(found([], '10.0.0.2:7000')).to.deep.equal(['2'])
  })
})
