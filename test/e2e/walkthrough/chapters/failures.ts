/** Chapters: a primary that crashes, nodes that leave, a replica that lost its disk. */
import {type Chapter, inSync, seenAs} from '../story.js'

const WITHOUT_7001 = [7000, 7002, 7003, 7004, 7005, 7006, 7007]
const EIGHT = [7000, 7001, 7002, 7003, 7004, 7005, 7006, 7007]

const crash: Chapter = {
  title: 'A primary crashes',
  steps: [
    {
      why: 'As hard as it gets: no farewell, no last save. The connection just ends, which counts as an error.',
      line: 'tscluster call 7001 --only-this debug segfault',
      exitCode: 1,
    },
    {
      why: `The others miss it for two seconds (\`fail?\`, each for itself), then a majority of the primaries agrees (\`fail\`), and its
        replica asks them for their votes. 7005 has taken over, with a config epoch above all others.`,
      line: 'tscluster call 7000 --only-this cluster nodes',
      when: [
        seenAs('master', 7005, WITHOUT_7001),
        seenAs('master,fail', 7001, WITHOUT_7001),
        {nodes: WITHOUT_7001, ask: 'CLUSTER INFO', says: /cluster_state:ok/},
      ],
    },
    {
      why: 'No slot is without a node, so the cluster is healthy; what is missing is told, with a way to end it.',
      line: 'tscluster check 7000',
    },
    {
      why: 'Started again it finds its place taken, and becomes a replica of the one who took it.',
      line: '(cd 7001; tscluster-server ./redis.conf)',
    },
    {line: 'tscluster check 7000', when: [seenAs('slave', 7001, EIGHT), inSync([7001])]},
  ],
}

const farewells: Chapter = {
  title: 'Farewells',
  steps: [
    {
      why: `A replica can leave at any time. Every other node is told to forget it; the server itself goes on, empty and alone.`,
      line: 'tscluster del-node 7000 7007 --yes',
    },
    {
      why: `A primary can leave when it has no slots. Its 4,096 go to 7000 (\`del-node --drain\` would do this, too, and share them
        out). As the note says, a primary that has given away everything makes itself useful as a replica of who took it; it can
        leave all the same.`,
      line: 'tscluster reshard 7000 --from 7006 --to 7000 --slots 4096 --yes',
    },
    {line: 'tscluster del-node 7000 7006 --yes'},
    {line: 'tscluster check 7000'},
  ],
}

const lostDisk: Chapter = {
  title: 'A lost disk',
  steps: [
    {
      why: `A replica dies, and its disk with it: all but its \`redis.conf\`. Started with nothing else it would be a stranger with a
        new id, and the cluster would wait for one that never comes back.`,
      line: 'kill -9 $(cat 7004/server.pid)',
    },
    {line: 'rm -r 7004/nodes.conf 7004/appendonlydir'},
    {
      why: `But all that it had, its primary has: the data in an AOF (and, with \`save\`, in an RDB file), and the cluster in its
        \`nodes.conf\`.`,
      line: 'tscluster call 7000 --only-this save',
      when: [seenAs('slave,fail', 7004, [7000, 7001, 7002, 7003, 7005])],
    },
    {line: 'cp -r 7000/appendonlydir 7000/dump.rdb 7004'},
    {
      why: `Only who is \`myself\` differs, and it is not dead any more. Everything else is the same for every node, which is why one
        node's file serves another.`,
      line: "sed -e 's/myself,//' -e 's/,fail//' -e '/:7004@/s/slave/myself,slave/' 7000/nodes.conf > 7004/nodes.conf",
    },
    {line: 'cat 7004/nodes.conf'},
    {line: '(cd 7004; tscluster-server ./redis.conf)'},
    {
      why: 'It is back under its old id. What was written meanwhile it gets from its primary, as after any restart.',
      line: 'tscluster check 7000',
      when: [seenAs('slave', 7004, [7000, 7001, 7002, 7003, 7004, 7005]), inSync([7004])],
    },
  ],
}

export const failures: readonly Chapter[] = [crash, farewells, lostDisk]
