/** A node's own memory of the cluster: nodes.conf, in the form that every server since Redis 7.0 can read. */
import {BUS_PORT_OFFSET} from '../../model/address.js'
import {isSlot} from '../../model/slot.js'
import {type BusContext} from './cluster-host.js'
import {greatestEpoch} from './epoch.js'
import {formatNodeLine, parseFlags} from './node-line.js'
import {addNode, attachReplica, isHostname, isHostText, isNodeName} from './node-table.js'
import {addSlot, shareBitmap} from './slot-table.js'
import {inHandshake, isReplica, NODE, type ClusterNode, type ClusterState} from './state.js'

const LINE_WORDS = 8

export function formatNodesConf(state: ClusterState): string {
  let text = ''
  for (const node of state.list) if (!inHandshake(node)) text += `${formatNodeLine(state, node)}\n`
  return `${text}vars currentEpoch ${state.currentEpoch} lastVoteEpoch ${state.lastVoteEpoch}\n`
}

/**
 * What a node must never take back, whatever crashes: who it is, its votes, and the epochs that it has used or believed. Only when this
 * has changed is the file synced (as in Redis, where SETSLOT IMPORTING, say, syncs nothing: an open slot that is forgotten can be
 * opened again, an epoch that is used twice is a conflict).
 */
export function formatEpochs(state: ClusterState): string {
  let text = `${state.myself.id} ${state.currentEpoch} ${state.lastVoteEpoch}`
  for (const {id, configEpoch} of state.list) if (configEpoch > 0) text += ` ${id}:${configEpoch}`
  return text
}

/** The id that a file's `myself` line carries; `undefined` when there is none. */
export function ownIdIn(text: string): string | undefined {
  for (const line of text.split('\n')) {
    const [id, , flags] = line.split(' ')
    if (flags?.split(',').includes('myself') === true && isNodeName(id!)) return id
  }
  return undefined
}

/**
 * Fills the state of a node that knows nobody yet and carries the file's own id. `undefined` when all is well, else why the file
 * cannot be used; the node must not start then: it would have forgotten its votes.
 */
export function loadNodesConf(ctx: BusContext, text: string): string | undefined {
  const {state} = ctx
  let sawMyself = false
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '')
    if (line === '') continue
    const words = line.split(' ').filter((word) => word !== '')
    const error = words[0] === 'vars' ? loadVars(state, words) : loadNode(ctx, words)
    if (error !== undefined) return `line ${index + 1}: ${error}`
    if (words[0] === state.myself.id) sawMyself = true
  }
  if (!sawMyself) return 'no line is flagged myself'
  // Edited by hand, perhaps: an epoch that was used must not be used again.
  state.currentEpoch = greatestEpoch(state)
  return undefined
}

function loadVars(state: ClusterState, words: readonly string[]): string | undefined {
  if (words.length % 2 === 0) return 'a variable has no value'
  for (let at = 1; at + 1 < words.length; at += 2) {
    const value = Number(words[at + 1])
    if (words[at] === 'currentEpoch') state.currentEpoch = value
    else if (words[at] === 'lastVoteEpoch') state.lastVoteEpoch = value
    else continue
    if (!Number.isSafeInteger(value) || value < 0) return `${words[at]} is not an epoch`
  }
  return undefined
}

function loadNode(ctx: BusContext, words: readonly string[]): string | undefined {
  if (words.length < LINE_WORDS) return 'fewer words than a node line has'
  const [id, address, flagWords, primaryId, pingSent, pongReceived, epoch] = words
  if (!isNodeName(id!)) return 'the node id is not one'
  const node = nodeNamed(ctx, id!)
  if (node === undefined) return 'too many nodes'
  const flags = parseFlags(flagWords!)
  if (flags === undefined) return `unknown flag in ${flagWords}`
  if ((flags & NODE.MYSELF) !== 0 && node !== ctx.state.myself) return 'a second line is flagged myself'
  const addressError = loadAddress(ctx.state, node, address!)
  if (addressError !== undefined) return addressError
  node.flags = node === ctx.state.myself ? flags | NODE.MYSELF : flags
  if ((flags & NODE.FAIL) !== 0) node.failTime = ctx.nowMs
  if (primaryId !== '-') {
    if (!isNodeName(primaryId!)) return 'the id of the primary is not one'
    const primary = nodeNamed(ctx, primaryId!)
    if (primary === undefined || primary === node) return 'a node cannot have this primary'
    attachReplica(node, primary)
  }
  if (pingSent !== '0') node.pingSent = ctx.nowMs
  if (pongReceived !== '0') node.pongReceived = ctx.nowMs
  const configEpoch = Number(epoch)
  if (!Number.isSafeInteger(configEpoch) || configEpoch < 0) return 'the epoch is not one'
  // A replica's line shows its primary's epoch; it has none of its own.
  node.configEpoch = isReplica(node) ? 0 : configEpoch
  return loadSlots(ctx, node, words.slice(LINE_WORDS))
}

/** Lines refer to nodes whose own line comes later. */
function nodeNamed(ctx: BusContext, id: string): ClusterNode | undefined {
  return ctx.state.nodes.get(id) ?? addNode(ctx, id, 0)
}

/** `ip:port[@bus][,hostname[,aux=value…]]`: of the newer servers' additions only the shard id means anything here. */
function loadAddress({commons}: ClusterState, node: ClusterNode, text: string): string | undefined {
  const [endpoint, hostname = '', ...aux] = text.split(',')
  const match = /^(.*):(\d+)(?:@(\d+))?$/.exec(endpoint!)
  if (match === null) return 'the address cannot be read'
  const [, ip, port, busPort] = match
  if (ip !== '' && !isHostText(ip!)) return 'the address cannot be read'
  node.ip = commons.hostOf(ip!)
  node.port = Number(port)
  node.busPort = busPort === undefined ? node.port + BUS_PORT_OFFSET : Number(busPort)
  if (node.port > 65_535 || node.busPort > 65_535) return 'the port is not one'
  if (hostname.includes('=')) aux.unshift(hostname)
  else if (hostname !== '' && !isHostname(hostname)) return 'the host name is not one'
  node.hostname = hostname.includes('=') ? '' : hostname
  for (const each of aux) {
    const [name, value = ''] = each.split('=')
    if (name === 'shard-id' && isNodeName(value)) node.shardId = value
    if (name === 'nodename') node.nodename = value
  }
  return undefined
}

function loadSlots(ctx: BusContext, node: ClusterNode, words: readonly string[]): string | undefined {
  for (const word of words) {
    const open = /^\[(\d+)-([<>])-([0-9a-z]{40})\]$/.exec(word)
    const range = /^(\d+)(?:-(\d+))?$/.exec(word)
    if (open !== null) {
      const slot = Number(open[1])
      const other = nodeNamed(ctx, open[3]!)
      if (!isSlot(slot) || other === undefined) return `slot ${word} is not one`
      const marks = open[2] === '>' ? ctx.state.migratingTo : ctx.state.importingFrom
      marks.set(slot, other)
    } else if (range !== null) {
      const first = Number(range[1])
      const last = Number(range[2] ?? range[1])
      if (!isSlot(first) || !isSlot(last) || first > last) return `slots ${word} are none`
      for (let slot = first; slot <= last; slot++) addSlot(ctx.state, node, slot)
    } else {
      return `slots ${word} cannot be read`
    }
  }
  const shared = ctx.state.commons.bitmapOf(words.join(' '), node.slots)
  if (shared !== undefined) shareBitmap(node, shared)
  return undefined
}
