import {expect} from 'chai'
import {relayKeys} from '../../../../../src/manager/execute/import/relay.js'
import type {Route} from '../../../../../src/manager/execute/migration/route.js'
import {type ManagerError} from '../../../../../src/manager/error.js'
import {DEFAULT_SETTINGS} from '../../../../../src/manager/plan/plan.js'
import type {Argument, NodeClient, NodePool, Reply} from '../../../../../src/manager/ports.js'
import {address} from '../../../../../src/model/address.js'
import {errorReply, handClock, scriptedPool} from '../../../../support/scripted-pool.js'

const SOURCE = address('source', 1)
const TARGET = address('target', 2)

/** Two servers with strings only, and optimistic locking as Redis does it. */
class TwoServers {
  readonly source = new Map<string, string>()
  readonly target = new Map<string, string>()
  readonly ttls = new Map<string, number>()
  readonly heard: string[]
  readonly #pool: NodePool & {readonly heard: string[]}
  readonly #watched = new Set<string>()
  /** Called before a transaction is carried out: what clients do meanwhile. */
  readonly #meanwhile: (servers: TwoServers) => void
  #touched = false
  #queued: readonly string[] = []

  constructor(meanwhile: (servers: TwoServers) => void = () => undefined) {
    this.#meanwhile = meanwhile
    this.#pool = scriptedPool((node, _, argv) => (node === 'source:1' ? this.#onSource(argv) : this.#onTarget(argv)))
    this.heard = this.#pool.heard
  }

  /** A client of the source. */
  write(key: string, value: string): void {
    this.source.set(key, value)
    if (this.#watched.has(key)) this.#touched = true
  }

  async route(parts: {readonly keepAtSource?: boolean; readonly replace?: boolean} = {}): Promise<Route> {
    const [source, target]: NodeClient[] = await Promise.all([this.#pool.connect(SOURCE), this.#pool.connect(TARGET)])
    return {
      source: source!,
      target: target!,
      targetAddress: TARGET,
      database: 0,
      credentials: {},
      settings: {...DEFAULT_SETTINGS, replace: parts.replace ?? false},
      clock: handClock(),
      keepAtSource: parts.keepAtSource ?? false,
    }
  }

  #onSource(argv: readonly Argument[]): Reply | Error {
    const [name, ...keys] = argv.map(String) as [string, ...string[]]
    switch (name) {
      case 'UNWATCH':
        this.#watched.clear()
        this.#touched = false
        return 'OK'
      case 'WATCH':
        for (const key of keys) this.#watched.add(key)
        return 'OK'
      case 'UNLINK':
        this.#queued = keys
        return 'QUEUED'
      case 'EXEC':
        return this.#execute()
      case 'PTTL':
        return this.source.has(keys[0]!) ? (this.ttls.get(keys[0]!) ?? -1) : -2
      default:
        return read(this.source, name, keys[0]!)
    }
  }

  #execute(): Reply {
    this.#meanwhile(this)
    const isClean = !this.#touched
    if (isClean) for (const key of this.#queued) this.source.delete(key)
    this.#watched.clear()
    return isClean ? [this.#queued.length] : null
  }

  #onTarget(argv: readonly Argument[]): Reply | Error {
    const [name, key, ttl, payload, replace] = argv.map(String) as [string, string, string, string, string | undefined]
    if (name !== 'RESTORE') return read(this.target, name, key)
    if (this.target.has(key) && replace === undefined) return errorReply('BUSYKEY Target key name already exists.')
    this.target.set(key, payload.slice(0, -10))
    if (ttl !== '0') this.ttls.set(`restored ${key}`, Number(ttl))
    return 'OK'
  }
}

function read(keys: ReadonlyMap<string, string>, name: string, key: string): Reply | Error {
  const value = keys.get(key)
  if (name === 'DUMP') return value === undefined ? null : Buffer.from(`${value}0123456789`)
  if (name === 'GET') return value === undefined ? null : Buffer.from(value)
  if (name === 'TYPE') return value === undefined ? 'none' : 'string'
  return 'OK'
}

const KEYS = ['a', 'b', 'c'].map((key) => Buffer.from(key))

describe('keys brought over by our own hands', () => {
  it('arrive, with their times to live, and leave the source', async () => {
    const servers = new TwoServers()
    servers.write('a', '1')
    servers.write('b', '2')
    servers.ttls.set('b', 5000)
    await relayKeys(await servers.route(), KEYS)
    expect([...servers.target]).to.deep.equal([
      ['a', '1'],
      ['b', '2'],
    ])
    expect(servers.ttls.get('restored b')).to.equal(5000)
    expect(servers.ttls.has('restored a')).to.equal(false)
    expect([...servers.source]).to.deep.equal([])
  })

  it('stay at the source when they are to be kept: nothing is watched there', async () => {
    const servers = new TwoServers()
    servers.write('a', '1')
    await relayKeys(await servers.route({keepAtSource: true}), KEYS)
    expect([...servers.source]).to.deep.equal([['a', '1']])
    expect([...servers.target]).to.deep.equal([['a', '1']])
    expect(servers.heard.filter((line) => /WATCH|MULTI|UNLINK/.test(line))).to.deep.equal([])
  })

  it('are copied again when a client writes to one before it is removed: the last value wins', async () => {
    const writes = ['newer', 'newest']
    const servers = new TwoServers((both) => {
      const value = writes.shift()
      if (value !== undefined) both.write('b', value)
    })
    for (const key of ['a', 'b', 'c']) servers.write(key, 'old')
    await relayKeys(await servers.route(), KEYS)
    expect(servers.target.get('b')).to.equal('newest')
    expect([...servers.source]).to.deep.equal([])
  })

  it('are given up, at the source and whole, when clients write to them all the time', async () => {
    const servers = new TwoServers((both) => both.write('a', 'again'))
    servers.write('a', '1')
    const error = await relayKeys(await servers.route(), [KEYS[0]!]).then(
      () => undefined,
      (thrown: unknown) => thrown as ManagerError,
    )
    expect(error).to.include({code: 'refused', node: 'source:1'})
    expect([...servers.source]).to.deep.equal([['a', 'again']])
  })

  it('are no conflict when the target has the same value, left by an interrupted run', async () => {
    const servers = new TwoServers()
    servers.write('a', '1')
    servers.target.set('a', '1')
    expect(await relayKeys(await servers.route(), KEYS)).to.equal('compared')
    expect([...servers.source]).to.deep.equal([])
  })

  it('stop at another value, unless the source is to win', async () => {
    const servers = new TwoServers()
    servers.write('a', '1')
    servers.target.set('a', 'of the cluster')
    const error = await relayKeys(await servers.route(), KEYS).then(
      () => undefined,
      (thrown: unknown) => thrown as ManagerError,
    )
    expect(error).to.include({code: 'key-exists'})
    expect(servers.target.get('a')).to.equal('of the cluster')
    expect([...servers.source]).to.deep.equal([['a', '1']])
    await relayKeys(await servers.route({replace: true}), KEYS)
    expect(servers.target.get('a')).to.equal('1')
  })
})
