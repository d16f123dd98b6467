/** CLUSTER SLOTS, SHARDS and LINKS on the wire: property lists are maps in RESP3 and flat in RESP2. */
import {type LinkReport, type Shard, type SlotsNode, type SlotsRange} from '../cluster/report.js'
import {type ReplyWriter} from '../resp/reply-writer.js'

/** Source: CLUSTER SLOTS; the fourth element of a node has been there since Redis 7.0. */
export function sendSlots(reply: ReplyWriter, ranges: readonly SlotsRange[]): void {
  reply.array(ranges.length)
  for (const {first, last, nodes} of ranges) {
    reply.array(2 + nodes.length)
    reply.integer(first)
    reply.integer(last)
    for (const node of nodes) sendSlotsNode(reply, node)
  }
}

function sendSlotsNode(reply: ReplyWriter, {endpoint, port, id, extra}: SlotsNode): void {
  reply.array(4)
  if (endpoint === null) reply.null()
  else reply.bulk(endpoint)
  reply.integer(port)
  reply.bulk(id)
  reply.map(extra.length)
  for (const [name, value] of extra) {
    reply.bulk(name)
    reply.bulk(value)
  }
}

/** Source: CLUSTER SHARDS. */
export function sendShards(reply: ReplyWriter, shards: readonly Shard[]): void {
  reply.array(shards.length)
  for (const {slots, nodes} of shards) {
    reply.map(2)
    reply.bulk('slots')
    reply.array(slots.length * 2)
    for (const bound of slots.flat()) reply.integer(bound)
    reply.bulk('nodes')
    reply.array(nodes.length)
    for (const node of nodes) sendFields(reply, shardFields(node))
  }
}

function shardFields(node: Shard['nodes'][number]): [string, string | number][] {
  return [
    ['id', node.id],
    ...(node.port === 0 ? [] : [['port', node.port] as [string, number]]),
    ...(node.tlsPort === 0 ? [] : [['tls-port', node.tlsPort] as [string, number]]),
    ['ip', node.ip],
    ['endpoint', node.endpoint],
    ...(node.hostname === '' ? [] : [['hostname', node.hostname] as [string, string]]),
    ['role', node.role],
    ['replication-offset', node.replicationOffset],
    ['health', node.health],
  ]
}

/** Source: CLUSTER LINKS. */
export function sendLinks(reply: ReplyWriter, links: readonly LinkReport[]): void {
  reply.array(links.length)
  for (const link of links) {
    sendFields(reply, [
      ['direction', link.direction],
      ['node', link.node],
      ['create-time', link.createTime],
      ['events', link.events],
      ['send-buffer-allocated', link.sendBufferAllocated],
      ['send-buffer-used', link.sendBufferUsed],
    ])
  }
}

function sendFields(reply: ReplyWriter, fields: readonly (readonly [name: string, value: string | number])[]): void {
  reply.map(fields.length)
  for (const [name, value] of fields) {
    reply.bulk(name)
    if (typeof value === 'number') reply.integer(value)
    else reply.bulk(value)
  }
}
