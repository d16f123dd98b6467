/** All keys of one database of a standalone server into the cluster. */
import {formatAddress, sameAddress} from '../../model/address.js'
import {finding, type Finding} from '../check/finding.js'
import {counted} from '../check/naming.js'
import type {SourceServer} from '../view/source-server.js'
import type {Topology} from '../view/topology.js'
import {planFor} from './build.js'
import {healthRefusals} from './health.js'
import {DEFAULT_SETTINGS, refuse, type Planned, type PlanSettings} from './plan.js'

export interface ImportRequest {
  /** The keys stay at the source as well. */
  readonly keep: boolean
  /** A key that the cluster has already, with another value, is overwritten. */
  readonly replace: boolean
  /** Of the source; in the cluster all keys go to database 0. */
  readonly database: number
  readonly settings?: PlanSettings
}

/** The plan has no phases when the database is empty. Which keys there are is only seen when the plan is carried out. */
export function planImport(topology: Topology, source: SourceServer, request: ImportRequest): Planned {
  const {keep, replace, database, settings = DEFAULT_SETTINGS} = request
  const refusals = [...sourceRefusals(topology, source, keep), ...healthRefusals(topology)]
  if (refusals.length > 0) return refuse(...refusals)
  const keys = source.server.keysByDatabase.get(database) ?? 0
  const title = `import ${counted(keys, 'key')} from database ${database}`
  const steps = keys === 0 ? [] : [{kind: 'copy-keys', from: formatAddress(source.address), database, keep} as const]
  return planFor(topology, {operation: 'import', phases: [{title, steps}], settings: {...settings, replace}})
}

/** What the operator should know before agreeing, though it forbids nothing. */
export function importWarnings(source: SourceServer, {database}: Pick<ImportRequest, 'database'>): Finding[] {
  const others = [...source.server.keysByDatabase].filter(([number]) => number !== database)
  if (others.length === 0) return []
  const list = others.map(([number, keys]) => `${counted(keys, 'key')} in database ${number}`).join(', ')
  const message = `the source has more than database ${database}: ${list} will not be imported`
  const remedy = `import them too, one by one, with --from-db; keys of the same name would meet in the cluster`
  return [finding('other-databases', 'warning', message, {remedy})]
}

function sourceRefusals(topology: Topology, source: SourceServer, keep: boolean): Finding[] {
  const name = formatAddress(source.address)
  const refusal = (code: string, message: string, remedy: string | null): Finding =>
    finding(code, 'error', `the source ${name} ${message}`, {remedy})
  if (topology.nodes.some(({address}) => sameAddress(address, source.address))) {
    return [
      refusal('source-in-cluster', 'is a node of this very cluster', 'give the address of another server with --from'),
    ]
  }
  if (source.mode === 'cluster') {
    return [
      refusal('source-is-cluster-node', 'is a node of a cluster', 'only a standalone server can be imported from'),
    ]
  }
  if (source.mode === 'sentinel') {
    return [refusal('source-is-sentinel', 'is a Sentinel', 'give the address of the server that it watches')]
  }
  if (source.server.loading) {
    return [refusal('source-loading', 'is still loading its data from disk', 'wait until it has, then try again')]
  }
  if (source.isReplica && !keep) {
    return [
      refusal(
        'source-is-replica',
        'is a replica: its keys cannot be moved away',
        'import from its primary, or with --copy',
      ),
    ]
  }
  return []
}
