import {expect} from 'chai'
import {importWarnings, planImport, type ImportRequest} from '../../../../src/manager/plan/import.js'
import type {SourceServer} from '../../../../src/manager/view/source-server.js'
import {address} from '../../../../src/model/address.js'
import {accepted, codesOf} from '../../../support/plans.js'
import {migrating, primaryId, serverFacts, topologyOf, uncovered} from '../../../support/topologies.js'

const CLUSTER = topologyOf({primaries: 3})
const REQUEST: ImportRequest = {keep: false, replace: false, database: 0}

function sourceServer(
  parts: Partial<SourceServer> = {},
  keys: readonly (readonly [number, number])[] = [[0, 12]],
): SourceServer {
  const server = serverFacts({keysByDatabase: new Map(keys)})
  return {address: address('10.9.9.9', 6379), mode: 'standalone', isReplica: false, server, ...parts}
}

describe('planning an import', () => {
  it('is one step, and says how many keys there are', () => {
    const plan = accepted(planImport(CLUSTER, sourceServer(), REQUEST))
    expect(plan.phases).to.deep.equal([
      {
        title: 'import 12 keys from database 0',
        steps: [{kind: 'copy-keys', from: '10.9.9.9:6379', database: 0, keep: false}],
      },
    ])
    expect(plan.basedOn).to.equal(CLUSTER.fingerprint)
  })

  it('carries what was asked for into the step and the settings', () => {
    const request = {keep: true, replace: true, database: 3}
    const plan = accepted(planImport(CLUSTER, sourceServer({}, [[3, 1]]), request))
    expect(plan.phases[0]!.steps).to.deep.equal([{kind: 'copy-keys', from: '10.9.9.9:6379', database: 3, keep: true}])
    expect(plan.settings).to.include({replace: true})
  })

  it('has nothing to do for an empty database', () => {
    expect(accepted(planImport(CLUSTER, sourceServer({}, [[1, 5]]), REQUEST)).phases).to.deep.equal([])
  })

  it('refuses a source that is no standalone server', () => {
    expect(codesOf(planImport(CLUSTER, sourceServer({mode: 'cluster'}), REQUEST))).to.deep.equal([
      'source-is-cluster-node',
    ])
    expect(codesOf(planImport(CLUSTER, sourceServer({mode: 'sentinel'}), REQUEST))).to.deep.equal([
      'source-is-sentinel',
    ])
  })

  it('refuses a node of the very same cluster', () => {
    const own = sourceServer({mode: 'cluster', address: CLUSTER.nodes[1]!.address})
    expect(codesOf(planImport(CLUSTER, own, REQUEST))).to.deep.equal(['source-in-cluster'])
  })

  it('refuses a source that is still loading: it would give a part for the whole', () => {
    const loading = sourceServer({server: serverFacts({loading: true})})
    expect(codesOf(planImport(CLUSTER, loading, REQUEST))).to.deep.equal(['source-loading'])
  })

  it('copies from a replica, but moves nothing away from it', () => {
    const replica = sourceServer({isReplica: true})
    expect(codesOf(planImport(CLUSTER, replica, REQUEST))).to.deep.equal(['source-is-replica'])
    expect(accepted(planImport(CLUSTER, replica, {...REQUEST, keep: true})).phases).to.have.length(1)
  })

  it('refuses a cluster that is not whole, for keys could not be placed', () => {
    for (const change of [uncovered('5'), migrating(5, primaryId(0), primaryId(1))]) {
      const refused = planImport(topologyOf({primaries: 3}, change), sourceServer(), REQUEST)
      expect(codesOf(refused)).to.deep.equal(['cluster-not-healthy'])
    }
  })
})

describe('what an import leaves out', () => {
  it('is told: keys of other databases', () => {
    const [warning, ...rest] = importWarnings(
      sourceServer({}, [
        [0, 1],
        [2, 1],
        [9, 7],
      ]),
      {database: 0},
    )
    expect(warning).to.include({code: 'other-databases', severity: 'warning'})
    expect(warning!.message).to.include('1 key in database 2, 7 keys in database 9')
    expect(rest).to.deep.equal([])
  })

  it('is nothing when there is one database only', () => {
    expect(importWarnings(sourceServer(), {database: 0})).to.deep.equal([])
  })
})
