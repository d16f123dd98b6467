/** What this node says of itself: address, host name, flags, as the configuration stands now. */
import {BUS_PORT_OFFSET} from '../../model/address.js'
import {type BusContext, type ClusterConfig} from './cluster-host.js'
import {needs, NODE, DUE} from './state.js'

export function announcedBusPort(config: ClusterConfig): number {
  if (config.announceBusPort !== 0) return config.announceBusPort
  return config.busPort !== 0 ? config.busPort : config.port + BUS_PORT_OFFSET
}

/** With TLS on the bus the cluster knows a node by its TLS port, and by the plain one besides. Source: Redis' deriveAnnouncedPorts. */
function announcedPorts(config: ClusterConfig): {readonly port: number; readonly secondPort: number} {
  if (config.isSecure && config.announceSecondPort !== 0) {
    return {port: config.announceSecondPort, secondPort: config.announcePort}
  }
  return {port: config.announcePort || config.port, secondPort: config.secondPort}
}

/** Takes over what CONFIG SET may have changed since the last look. */
export function refreshMyself(ctx: BusContext): void {
  const {state, config} = ctx
  const {myself} = state
  if (config.announceIp !== state.announcedIp) {
    // Taken back, it leaves us without an address: the next peer's socket tells one.
    state.announcedIp = myself.ip = config.announceIp
    needs(state, DUE.SAVE)
  }
  const {port, secondPort} = announcedPorts(config)
  const busPort = announcedBusPort(config)
  if (port !== myself.port || secondPort !== myself.secondPort || busPort !== myself.busPort) {
    myself.port = port
    myself.secondPort = secondPort
    myself.busPort = busPort
    needs(state, DUE.SAVE)
  }
  if (config.announceHostname !== myself.hostname) {
    myself.hostname = config.announceHostname
    needs(state, DUE.SAVE)
  }
  myself.nodename = config.announceHumanNodename
  if (config.replicaNoFailover !== ((myself.flags & NODE.NOFAILOVER) !== 0)) {
    myself.flags ^= NODE.NOFAILOVER
    needs(state, DUE.SAVE | DUE.UPDATE_STATE)
  }
}

/** Nobody told us our address: the end of a socket that a peer reached us on is the best we know. */
export function learnOwnIp(ctx: BusContext, localHost: string): void {
  const {state, config, host} = ctx
  if (config.announceIp !== '' || localHost === '' || localHost === state.myself.ip) return
  state.myself.ip = localHost
  host.log('warning', `IP address for this node updated to ${localHost}`)
  needs(state, DUE.SAVE)
}
