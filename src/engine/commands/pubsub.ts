/** Publishing and subscribing. */
import {type Bytes} from '../ports.js'
import {type Call, type CommandFamily} from '../server/call.js'
import {type SubscriptionKind} from '../server/pubsub.js'
import {sendHelp} from './help.js'
import {pubsubFacts} from './specs/pubsub.js'

function subscribeTo(kind: SubscriptionKind): (call: Call) => void {
  return ({server, argv, client}) => {
    for (let at = 1; at < argv.length; at++) server.pubsub.subscribe(client, kind, argv[at]!)
  }
}

function unsubscribeFrom(kind: SubscriptionKind): (call: Call) => void {
  return ({server, argv, client}) => {
    if (argv.length === 1) server.pubsub.unsubscribeAll(client, kind)
    for (let at = 1; at < argv.length; at++) server.pubsub.unsubscribe(client, kind, argv[at]!)
  }
}

/** Outside a cluster the replicas' subscribers hear of it by the replication stream, in a cluster by the bus. */
function publish({server, argv, reply, db}: Call): void {
  const receivers = server.pubsub.publish(argv[1]!, argv[2]!)
  if (!server.clusterEnabled) server.propagation.addMessage(db.index, argv.slice())
  reply.integer(receivers)
}

function publishToShard({server, argv, reply, db}: Call): void {
  const receivers = server.pubsub.publishToShard(argv[1]!, argv[2]!)
  if (!server.clusterEnabled) server.propagation.addMessage(db.index, argv.slice())
  reply.integer(receivers)
}

function listNames(kind: SubscriptionKind): (call: Call) => void {
  return ({server, argv, reply, spec}) => {
    if (argv.length > 3) {
      return reply.error(
        `ERR unknown subcommand or wrong number of arguments for '${argv[1]!}'. Try ${spec.fullName.split('|')[0]!.toUpperCase()} HELP.`,
      )
    }
    const pattern = argv[2]
    const names: Bytes[] = []
    for (const name of server.pubsub.names(kind)) {
      if (pattern === undefined || server.pubsub.matches(pattern, name)) names.push(name)
    }
    reply.bulks(names)
  }
}

function countNames(kind: SubscriptionKind): (call: Call) => void {
  return ({server, argv, reply}) => {
    reply.array((argv.length - 2) * 2)
    for (let at = 2; at < argv.length; at++) {
      reply.bulk(argv[at]!)
      reply.integer(server.pubsub.countSubscribers(kind, argv[at]!))
    }
  }
}

const HELP = [
  'CHANNELS [<pattern>]',
  "    Return the currently active channels matching a <pattern> (default: '*').",
  'NUMPAT',
  '    Return number of subscriptions to patterns.',
  'NUMSUB [<channel> ...]',
  '    Return the number of subscribers for the specified channels, excluding',
  '    pattern subscriptions(default: no channels).',
  'SHARDCHANNELS [<pattern>]',
  "    Return the currently active shard level channels matching a <pattern> (default: '*').",
  'SHARDNUMSUB [<shardchannel> ...]',
  '    Return the number of subscribers for the specified shard level channel(s)',
]

export const pubsubFamily: CommandFamily = {
  group: 'pubsub',
  facts: pubsubFacts,
  handlers: {
    subscribe: subscribeTo('channel'),
    psubscribe: subscribeTo('pattern'),
    ssubscribe: subscribeTo('shard'),
    unsubscribe: unsubscribeFrom('channel'),
    punsubscribe: unsubscribeFrom('pattern'),
    sunsubscribe: unsubscribeFrom('shard'),
    publish,
    spublish: publishToShard,
    'pubsub|channels': listNames('channel'),
    'pubsub|shardchannels': listNames('shard'),
    'pubsub|numsub': countNames('channel'),
    'pubsub|shardnumsub': countNames('shard'),
    'pubsub|numpat': ({server, reply}) => reply.integer(server.pubsub.count('pattern')),
    'pubsub|help': (call) => sendHelp(call, 'PUBSUB', HELP),
  },
}
