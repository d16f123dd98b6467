/** The directives that the bus obeys, kept in fields: CONFIG SET writes them, the bus reads them at every use. */
import {BUS_PORT_OFFSET} from '../../model/address.js'
import {type ClusterConfig, type EndpointType} from '../cluster/cluster-host.js'
import {type Config} from '../server/config.js'

type Mutable<T> = {-readonly [Name in keyof T]: T[Name]}

function endpointType(text: string): EndpointType {
  return text === 'hostname' || text === 'unknown-endpoint' ? text : 'ip'
}

/** @param announcementChanged called when something that this node announces was set */
export function liveClusterConfig(config: Config, announcementChanged: () => void): ClusterConfig {
  const number = (name: string): number => config.number(name)
  const flag = (name: string): boolean => config.flag(name)
  const live: Mutable<ClusterConfig> = {
    ...portsOf(config),
    // The port that it listens on. Redis 7.0 announces another one after CONFIG SET port, and is cut off by its peers.
    busPort: number('cluster-port') || portsOf(config).port + BUS_PORT_OFFSET,
    announceIp: config.text('cluster-announce-ip'),
    announcePort: number('cluster-announce-port'),
    announceSecondPort: number('cluster-announce-tls-port'),
    announceBusPort: number('cluster-announce-bus-port'),
    announceHostname: config.text('cluster-announce-hostname'),
    announceHumanNodename: '',
    preferredEndpointType: endpointType(config.text('cluster-preferred-endpoint-type')),
    nodeTimeoutMs: number('cluster-node-timeout'),
    manualFailoverTimeoutMs: number('cluster-manual-failover-timeout'),
    migrationBarrier: number('cluster-migration-barrier'),
    allowReplicaMigration: flag('cluster-allow-replica-migration'),
    requireFullCoverage: flag('cluster-require-full-coverage'),
    allowReadsWhenDown: flag('cluster-allow-reads-when-down'),
    allowPubsubshardWhenDown: flag('cluster-allow-pubsubshard-when-down'),
    replicaValidityFactor: number('cluster-replica-validity-factor'),
    replicaNoFailover: flag('cluster-replica-no-failover'),
    replPingPeriodMs: number('repl-ping-replica-period') * 1000,
    linkSendbufLimitBytes: number('cluster-link-sendbuf-limit'),
  }
  let settled = false
  const follow = (name: string, set: (value: string) => void, isAnnounced = false): void => {
    config.watch(name, (value) => {
      set(value)
      if (settled && isAnnounced) announcementChanged()
    })
  }
  for (const name of ['port', 'tls-port', 'tls-cluster']) {
    follow(name, () => Object.assign(live, portsOf(config)), true)
  }
  follow('cluster-announce-ip', (value) => (live.announceIp = value), true)
  follow('cluster-announce-port', (value) => (live.announcePort = Number(value)), true)
  follow('cluster-announce-tls-port', (value) => (live.announceSecondPort = Number(value)), true)
  follow('cluster-announce-bus-port', (value) => (live.announceBusPort = Number(value)), true)
  follow('cluster-announce-hostname', (value) => (live.announceHostname = value), true)
  follow('cluster-replica-no-failover', (value) => (live.replicaNoFailover = value === 'yes'), true)
  follow('cluster-preferred-endpoint-type', (value) => (live.preferredEndpointType = endpointType(value)))
  follow('cluster-node-timeout', (value) => (live.nodeTimeoutMs = Number(value)))
  follow('cluster-manual-failover-timeout', (value) => (live.manualFailoverTimeoutMs = Number(value)))
  follow('cluster-migration-barrier', (value) => (live.migrationBarrier = Number(value)))
  follow('cluster-allow-replica-migration', (value) => (live.allowReplicaMigration = value === 'yes'))
  follow('cluster-require-full-coverage', (value) => (live.requireFullCoverage = value === 'yes'), true)
  follow('cluster-allow-reads-when-down', (value) => (live.allowReadsWhenDown = value === 'yes'))
  follow('cluster-allow-pubsubshard-when-down', (value) => (live.allowPubsubshardWhenDown = value === 'yes'))
  follow('cluster-replica-validity-factor', (value) => (live.replicaValidityFactor = Number(value)))
  follow('repl-ping-replica-period', (value) => (live.replPingPeriodMs = Number(value) * 1000))
  follow('cluster-link-sendbuf-limit', (value) => (live.linkSendbufLimitBytes = Number(value)))
  settled = true
  return live
}

/** With TLS on the bus the cluster knows the node by its TLS port. */
function portsOf(config: Config): Pick<ClusterConfig, 'isSecure' | 'port' | 'secondPort'> {
  const isSecure = config.flag('tls-cluster')
  return {
    isSecure,
    port: config.number(isSecure ? 'tls-port' : 'port'),
    secondPort: isSecure ? config.number('port') : 0,
  }
}
