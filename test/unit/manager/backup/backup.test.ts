import {expect} from 'chai'
import {backup, type BackupEvent, type BackupFile, type BackupFolder} from '../../../../src/manager/backup/backup.js'
import {ManagerError} from '../../../../src/manager/error.js'
import type {SnapshotReader} from '../../../../src/manager/ports.js'
import type {Address} from '../../../../src/model/address.js'
import {clusterViewOf, primaryId} from '../../../support/topologies.js'

const EMPTY_RDB = Buffer.from('524544495330303130ffa9fd37fe89a77eeb', 'hex')
const VIEW = clusterViewOf({primaries: 6, replicasEach: 1, hosts: 1})
const NAMES = Array.from({length: 6}, (_, index) => `redis-node-10.0.0.1-${7001 + index}-${primaryId(index)}.rdb`)

interface Shelf extends BackupFolder {
  readonly names: ReadonlySet<string>
  /** Begun, and neither named nor removed. */
  readonly open: ReadonlySet<string>
}

function shelf(): Shelf {
  const names = new Set<string>()
  const open = new Set<string>()
  const fileOf = (name: string): BackupFile => ({
    write: () => Promise.resolve(),
    finish: () => Promise.resolve(`sum of ${name}`),
    commit: () => {
      open.delete(name)
      names.add(name)
      return Promise.resolve()
    },
    discard: () => {
      open.delete(name)
      return Promise.resolve()
    },
  })
  const create = (name: string): Promise<BackupFile> => {
    open.add(name)
    return Promise.resolve(fileOf(name))
  }
  return {path: 'shelf', create, names, open}
}

/** Every node sends an empty RDB file, unless `port` is the one that does something else. */
function primaries(
  port = 0,
  odd: () => AsyncIterable<Uint8Array> = whole,
): SnapshotReader & {readonly mostAtOnce: number} {
  let busy = 0
  let mostAtOnce = 0
  return {
    get mostAtOnce() {
      return mostAtOnce
    },
    snapshot: ({port: asked}: Address) => {
      mostAtOnce = Math.max(mostAtOnce, ++busy)
      const chunks = asked === port ? odd() : whole()
      return Promise.resolve({announcedBytes: EMPTY_RDB.length, chunks: counted(chunks)})
    },
  }
  async function* counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    yield* chunks
    busy--
  }
}

async function* whole(): AsyncGenerator<Uint8Array> {
  yield EMPTY_RDB.subarray(0, 5)
  await new Promise((resolve) => setImmediate(resolve))
  yield EMPTY_RDB.subarray(5)
}

interface Run {
  readonly folder: Shelf
  readonly events: readonly BackupEvent[]
  readonly error: ManagerError | undefined
}

async function run(snapshots: SnapshotReader, stop = new AbortController().signal): Promise<Run> {
  const folder = shelf()
  const events: BackupEvent[] = []
  const options = {prefix: 'redis', clusterErrors: 0, stop, emit: (event: BackupEvent) => events.push(event)} as const
  const error = await backup(VIEW, snapshots, folder, options).then(
    () => undefined,
    (thrown: unknown) => thrown as ManagerError,
  )
  return {folder, events, error}
}

describe('a backup', () => {
  it('has one file of each primary, nodes.json and a manifest', async () => {
    const {folder, error} = await run(primaries())
    expect(error).to.equal(undefined)
    expect([...folder.names]).to.have.members([...NAMES, 'nodes.json', 'manifest.json'])
    expect(folder.open).to.have.property('size', 0)
  })

  it('asks at most four primaries at once', async () => {
    const snapshots = primaries()
    await run(snapshots)
    expect(snapshots.mostAtOnce).to.equal(4)
  })

  it('tells what happens to a node in the order in which redis-cli does', async () => {
    const {events} = await run(primaries())
    const ofFirst = events.filter((event) => 'node' in event && event.node === primaryId(0)).map(({kind}) => kind)
    expect(ofFirst).to.deep.equal(['node-started', 'transfer-started', 'transferred', 'transferred', 'node-finished'])
    expect(events.at(-1)).to.deep.equal({kind: 'saving-nodes', file: 'nodes.json'})
  })

  it('gives no file its name when one node breaks off', async () => {
    const {folder, error} = await run(
      primaries(7003, async function* () {
        yield await Promise.resolve(EMPTY_RDB.subarray(0, 5))
        throw new ManagerError('unreachable', 'broke off')
      }),
    )
    expect(error).to.include({code: 'unreachable', message: 'broke off'})
    expect(folder.names).to.have.property('size', 0)
    expect(folder.open).to.have.property('size', 0)
  })

  it('does not take half a file for a whole one, even when the node says that this was all', async () => {
    const {folder, error} = await run(
      primaries(7002, async function* () {
        yield await Promise.resolve(EMPTY_RDB.subarray(0, 12))
      }),
    )
    expect(error).to.include({code: 'protocol', node: '10.0.0.1:7002'})
    expect(error?.message).to.match(/ends too early/)
    expect(folder.names).to.have.property('size', 0)
  })

  it('leaves nothing behind when it is interrupted', async () => {
    const operator = new AbortController()
    const {folder, error} = await run(
      primaries(7001, async function* () {
        yield await Promise.resolve(EMPTY_RDB)
        operator.abort()
      }),
      operator.signal,
    )
    expect(error).to.include({code: 'interrupted'})
    expect(folder.names).to.have.property('size', 0)
    expect(folder.open).to.have.property('size', 0)
  })
})
