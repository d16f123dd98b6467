/** Chapters: a cluster made with CLUSTER's own subcommands, and taken apart again. */
import {type Chapter, type Condition, inSync, seenAs, SIX} from '../story.js'

const ACCEPTING: Condition = {nodes: SIX, ask: 'CLUSTER INFO', says: /cluster_state:ok/}

const making: Chapter = {
  title: 'A cluster by hand',
  steps: [
    {
      why: `What \`create\` does is no secret; once in a lifetime it is worth doing by hand. First the config epochs. When two nodes
        claim a slot, the one with the higher config epoch has it, so no two nodes should have the same, and a node takes one from
        us only as long as it knows nobody. \`--only-this\` asks the node that is named and no other.`,
      line: `epoch=1
for port in 7000 7001 7002 7003 7004 7005; do
  tscluster call $port --only-this cluster set-config-epoch $epoch
  epoch=$((epoch + 1))
done`,
    },
    {
      why: 'One node meets the others; of each other they learn by gossip.',
      line: `for port in 7001 7002 7003 7004 7005; do
  tscluster call 7000 --only-this cluster meet 127.0.0.1 $port
done`,
    },
    {
      why: `After a second or two all know all. Word by word: the id; address, port and, behind the \`@\`, the port for other nodes;
        flags; the primary of a replica, or \`-\`; when a ping was sent that is still unanswered, or 0; when the last pong came; the
        config epoch; whether there is a connection; the slots. Six primaries, and no slots.`,
      line: 'tscluster call 7000 --only-this cluster nodes',
      when: [
        {nodes: SIX, ask: 'CLUSTER NODES', says: /^(?!.*handshake)(.* (master|myself,master) .* connected\n){6}$/s},
      ],
    },
    {
      why: 'Three of them share the slots.',
      line: 'tscluster call 7000 --only-this cluster addslots $(seq 0 5460)',
    },
    {line: 'tscluster call 7001 --only-this cluster addslots $(seq 5461 10922)'},
    {line: 'tscluster call 7002 --only-this cluster addslots $(seq 10923 16383)'},
    {
      why: 'The other three become replicas: each is told the id of its primary.',
      line: 'tscluster call 7003 --only-this cluster replicate <7000>',
      when: SIX.slice(3).map((port, index) => seenAs('master', 7000 + index, [port])),
    },
    {line: 'tscluster call 7004 --only-this cluster replicate <7001>'},
    {line: 'tscluster call 7005 --only-this cluster replicate <7002>'},
    {
      why: `Every slot has an owner, so the state is \`ok\`. \`cluster_size\` counts the primaries that have slots: they are those
        who vote, and two of three make a majority. (What is left out are the counts of messages.)`,
      line: 'tscluster call 7000 --only-this cluster info | grep -v messages',
      when: [ACCEPTING, inSync([7003, 7004, 7005]), ...SIX.slice(3).map((port) => seenAs('slave', port, SIX))],
    },
    {line: 'tscluster call 7000 --only-this cluster nodes'},
    {
      why: `A node answers for its own slots and says who has the others; a client that knows clusters follows (\`redis-cli -c\`),
        \`call\` does not.`,
      line: 'tscluster call 7000 --only-this set capital:peru Lima',
      exitCode: 1,
    },
    {line: 'tscluster call 7002 --only-this set capital:peru Lima'},
    {
      why: 'The key is with its primary, 7002, and with the replica of that.',
      line: 'tscluster call 7000 dbsize',
      when: [{nodes: [7005], ask: 'DBSIZE', says: /^1$/}],
    },
  ],
}

const unmaking: Chapter = {
  title: 'And apart again',
  steps: [
    {
      why: `A node that has keys does not leave. So first the keys: replicas delete what their primaries delete. Then every node
        forgets the others. It keeps its id: this was a soft reset.`,
      line: 'tscluster call 7000 flushall --only-primaries',
    },
    {line: 'tscluster call 7000 cluster reset', when: [{nodes: SIX, ask: 'DBSIZE', says: /^0$/}]},
  ],
}

export const byHand: readonly Chapter[] = [making, unmaking]
