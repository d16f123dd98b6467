/** Nodes that start again from their RDB file: where they stand in which history, and keys whose time has passed meanwhile. */
import {expect} from 'chai'
import {type Storage} from '../../../../src/engine/ports.js'
import {type EngineNode} from '../../../support/engine/engine-node.js'
import {contents, infoField, PaperNetwork} from './paper-network.js'

/** A folder in memory, which outlives its node. */
class Folder implements Storage {
  readonly #files = new Map<string, Uint8Array>()

  read(name: string): Uint8Array | null {
    return this.#files.get(name) ?? null
  }

  pieces(name: string): Uint8Array[] | null {
    const bytes = this.read(name)
    return bytes === null ? null : [bytes]
  }

  truncate(name: string, bytes: number): void {
    this.replace(name, this.read(name)!.subarray(0, bytes))
  }

  append(name: string, bytes: Uint8Array): void {
    this.#files.set(name, Buffer.concat([this.#files.get(name) ?? new Uint8Array(0), bytes]))
  }

  sync(): void {
    // memory is as durable as it gets here
  }

  replace(name: string, bytes: Uint8Array): void {
    this.#files.set(name, bytes)
  }

  rename(from: string, to: string): void {
    this.#files.set(to, this.#files.get(from)!)
    this.remove(from)
  }

  remove(name: string): void {
    this.#files.delete(name)
  }
}

function syncsOf(node: EngineNode): readonly [full: number, partial: number] {
  const {fullSyncs, partialSyncsAccepted} = node.core.server.stats
  return [fullSyncs, partialSyncsAccepted]
}

describe('a restart', () => {
  let network: PaperNetwork
  let primary: EngineNode
  let replica: EngineNode
  let folder: Folder

  /** A node that loads what is in the folder, at the time of the others. */
  function start(port: number, config: Readonly<Record<string, string>> = {}, nowMs?: number): EngineNode {
    const node = network.add(port, config, nowMs)
    expect(node.core.boot(folder)).to.deep.equal({ok: true})
    return node
  }

  function shutDown(node: EngineNode): void {
    node.connect().call('SHUTDOWN', 'SAVE', 'NOW')
    network.remove(node)
  }

  beforeEach(() => {
    network = new PaperNetwork()
    folder = new Folder()
    ;[primary, replica] = [start(1), start(2)]
    replica.connect().call('REPLICAOF', '127.0.0.1', 1)
    network.advance(1200)
    const client = primary.connect()
    client.call('SELECT', 3)
    client.call('SET', 'soon', 'over', 'PX', 2000)
    client.call('SET', 'kept', 'for good')
    network.advance(1000)
  })

  it('of a primary: its replicas go on in the history they know, and learn what expired meanwhile', () => {
    shutDown(primary)
    network.advance(3000)
    expect(contents(replica)).to.have.lengthOf(2) // a replica deletes nothing by itself
    const again = start(1, {}, replica.nowMs)
    network.advance(2200)
    again.connect().call('SET', 'new', 1)
    network.pump()
    expect(syncsOf(again)).to.deep.equal([0, 1])
    expect(contents(replica)).to.deep.equal(contents(again)).and.to.have.lengthOf(2)
    expect(replica.core.server.replication.offset).to.equal(again.core.server.replication.offset)
    expect(infoField(again, 'replication', 'master_replid2')).not.to.match(/^0+$/)
  })

  it('of a replica: it keeps a key whose time has passed, for its primary may have changed that', () => {
    shutDown(replica)
    const client = primary.connect()
    client.call('SELECT', 3)
    client.call('PERSIST', 'soon')
    network.advance(3000)
    const again = start(2, {replicaof: '127.0.0.1 1'}, primary.nowMs)
    expect(infoField(again, 'replication', 'role')).to.equal('slave')
    network.advance(1200)
    expect(syncsOf(primary)).to.deep.equal([1, 1])
    expect(contents(again)).to.deep.equal(contents(primary)).and.to.have.lengthOf(2)
  })

  it('of a replica without a file: it has no history to offer, and asks for everything', () => {
    network.remove(replica)
    const again = start(2, {replicaof: '127.0.0.1 1'}, primary.nowMs)
    network.advance(500)
    expect(contents(again)).to.deep.equal(contents(primary)).and.to.have.lengthOf(2)
    expect(primary.core.server.stats.partialSyncsRefused).to.equal(1) // the first one, which REPLICAOF had made a replica
  })
})
