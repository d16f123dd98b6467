/** Chapters: two more nodes, and slots for the new primary. */
import {answering, type Chapter} from '../story.js'

const twoMore: Chapter = {
  title: 'Two more nodes',
  steps: [
    {
      why: 'The cluster is to have a fourth primary, with a replica.',
      line: `for port in 7006 7007; do
  mkdir $port
  sed "s/7000/$port/" 7000/redis.conf > $port/redis.conf
  (cd $port; tscluster-server ./redis.conf)
done`,
    },
    {
      why: 'The new node comes first, then any node of the cluster. `add-node` returns when every node knows the new one.',
      line: 'tscluster add-node 7006 7000 --yes',
      when: [answering([7006, 7007])],
    },
    {
      why: 'A replica is added with the name of its primary; here the command returns when it has all the data.',
      line: 'tscluster add-node 7007 7000 --primary-id 7006 --yes',
    },
  ],
}

const slots: Chapter = {
  title: 'One slot, then a fair share',
  steps: [
    {
      why: `The new primary has no slots yet. It gets one, in a dialogue: the receiver is chosen with the arrow keys, and \`all\` means
        that all others give. This is the screen in the end.`,
      line: 'tscluster reshard 7000',
      answers: [
        {question: /How many slots do you want to move/, type: '1'},
        {question: /What is the receiving node\?/, choose: '127.0.0.1:7006'},
        {question: /Source node/, choose: 'all of them'},
        {question: /Carry out this plan\?/, type: 'y'},
      ],
    },
    {
      why: `\`rebalance\` leaves primaries without slots alone: who drained one wants it to stay empty. This one has a slot now, so it
        gets its share. Keys move with their slots, and clients go on reading and writing.`,
      line: 'tscluster rebalance 7000 --yes',
    },
    {line: 'tscluster check 7000'},
  ],
}

export const growth: readonly Chapter[] = [twoMore, slots]
