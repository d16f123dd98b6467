/** Chapters: everything away, a cluster whose replicas are chosen one by one, and a node forgotten by hand. */
import {type Chapter, seenAs, SIX} from '../story.js'

const startingOver: Chapter = {
  title: 'Starting over',
  steps: [
    {
      why: 'A hard reset also takes the ids and the epochs: these are new nodes.',
      line: 'tscluster call 7000 flushall --only-primaries',
    },
    {
      line: 'tscluster call 7000 cluster reset hard',
      when: [{nodes: SIX, ask: 'DBSIZE', says: /^0$/}],
    },
  ],
}

const choosing: Chapter = {
  title: 'Primaries first, replicas by choice',
  steps: [
    {
      why: '`create --replicas 1` chooses who replicates whom. Who wants to choose makes the primaries first.',
      line: 'tscluster create 7000-7002 --yes',
      when: SIX.map((port) => seenAs('master', port, [port])),
    },
    {line: 'tscluster add-node 7003 7000 --primary-id 7000 --yes'},
    {line: 'tscluster add-node 7004 7000 --primary-id 7001 --yes'},
    {line: 'tscluster add-node 7005 7000 --primary-id 7002 --yes'},
    {line: 'tscluster check 7000'},
  ],
}

const forgetting: Chapter = {
  title: 'Forgetting by hand',
  steps: [
    {
      why: `What \`del-node\` does last: a node is stopped, and every other node is told to forget it. A node that forgets does not
        listen to gossip about the forgotten one for 60 seconds. That is the time there is to tell all of them: the first who
        remembers it after that would bring it back. \`call\` tells all at once.`,
      line: 'kill $(cat 7005/server.pid)',
    },
    {
      line: 'tscluster call 7000 cluster forget <7005>',
      when: [{nodes: [7002], ask: 'INFO replication', says: /connected_slaves:0/}],
    },
    {
      why: 'Nobody speaks of it any more.',
      line: 'tscluster call 7000 cluster nodes',
    },
    {line: 'tscluster check 7000'},
    {
      why: 'And the end: who is told to stop saves what it has, and goes.',
      line: 'for port in 7000 7001 7002 7003 7004 7006 7007; do kill $(cat $port/server.pid); done',
    },
  ],
}

export const replicasByChoice: readonly Chapter[] = [startingOver, choosing, forgetting]
