import {expect} from 'chai'
import {wayOf, type WayRequest} from '../../../../src/manager/plan/lane-way.js'
import {NO_LIMITS} from '../../../../src/manager/plan/pace-limits.js'
import {DEFAULT_SETTINGS} from '../../../../src/manager/plan/plan.js'
import {capabilitiesOf} from '../../../../src/manager/view/capability.js'
import type {Topology} from '../../../../src/manager/view/topology.js'
import {changedServer, primaryId, replicaId, topologyOf} from '../../../support/topologies.js'

const [A, B, C] = [primaryId(0), primaryId(1), primaryId(2)]
const VALKEY = {primaries: 3, replicasEach: 1, product: 'valkey'} as const
const OLD_VALKEY = {product: 'valkey', version: '8.1.0', capabilities: capabilitiesOf('valkey', '8.1.0')} as const

function way(topology: Topology, request: Partial<WayRequest> = {}): ReturnType<typeof wayOf> {
  return wayOf(topology, {source: A, target: B}, {atomic: undefined, settings: undefined, ...request})
}

describe('the way of a lane', () => {
  it('is atomic where both ends can, and then may fall back to MIGRATE', () => {
    expect(way(topologyOf(VALKEY))).to.deep.equal({kind: 'migrate-slots', fallback: true})
  })

  it('is atomic between nodes of the bundled engine, which say that they are a Redis 7.0', () => {
    const able = {capabilities: new Set([...capabilitiesOf('redis', '7.0.15'), ...capabilitiesOf('engine', '0.1.0')])}
    const engine = topologyOf({primaries: 2}, changedServer(A, able), changedServer(B, able))
    expect(way(engine)).to.deep.equal({kind: 'migrate-slots', fallback: true})
  })

  it('is asked of the target on Redis 8.4', () => {
    const redis = topologyOf({primaries: 3, version: '8.4.0'})
    expect(way(redis)).to.deep.equal({kind: 'migrate-slots', asks: 'target', fallback: true})
  })

  it('is MIGRATE, without a word, where none of the nodes can move slots whole', () => {
    expect(way(topologyOf({primaries: 3}))).to.deep.equal({kind: 'move-slots'})
    expect(way(topologyOf({primaries: 3}), {atomic: false})).to.deep.equal({kind: 'move-slots'})
  })

  it('is the one that was asked for: there is no falling back then', () => {
    expect(way(topologyOf(VALKEY), {atomic: true})).to.deep.equal({kind: 'migrate-slots'})
    expect(way(topologyOf(VALKEY), {atomic: false})).to.deep.equal({kind: 'move-slots', because: 'no-atomic'})
  })

  it('is MIGRATE when something was asked for that only MIGRATE has', () => {
    const of = (settings: object): unknown => way(topologyOf(VALKEY), {settings: {...DEFAULT_SETTINGS, ...settings}})
    expect(of({pipeline: 100})).to.deep.equal({kind: 'move-slots', because: 'pipeline'})
    expect(of({pace: {...NO_LIMITS, maxLatencyMs: 5}})).to.deep.equal({kind: 'move-slots', because: 'pace'})
    expect(of({replace: true})).to.deep.equal({kind: 'move-slots', because: 'replace'})
    expect(of({timeoutMs: 1})).to.include({kind: 'migrate-slots'})
  })

  it('is MIGRATE when one end cannot, or a replica of one: it is fed the commands of the migration', () => {
    for (const id of [A, B, replicaId(0), replicaId(1)]) {
      const mixed = topologyOf(VALKEY, changedServer(id, OLD_VALKEY))
      expect(way(mixed)).to.deep.equal({kind: 'move-slots', because: 'some-cannot'})
    }
    for (const id of [C, replicaId(2)]) {
      expect(way(topologyOf(VALKEY, changedServer(id, OLD_VALKEY)))).to.include({kind: 'migrate-slots'})
    }
  })

  it('is MIGRATE between products, whether they have the same commands for it or not', () => {
    const redis = {product: 'redis', version: '8.4.0', capabilities: capabilitiesOf('redis', '8.4.0')} as const
    const whole = topologyOf(VALKEY, changedServer(B, redis), changedServer(replicaId(1), redis))
    expect(way(whole)).to.deep.equal({kind: 'move-slots', because: 'products-differ'})
    const engine = {...redis, capabilities: capabilitiesOf('engine', '0.1.0')}
    const alike = topologyOf(VALKEY, changedServer(B, engine), changedServer(replicaId(1), engine))
    expect(way(alike)).to.deep.equal({kind: 'move-slots', because: 'products-differ'})
    expect(way(alike, {atomic: true})).to.deep.equal({kind: 'migrate-slots'})
  })
})
