/** Chapter: the same cluster by one command, and how to read it. */
import {type Chapter, seenAs, SIX} from '../story.js'

export const byCommand: Chapter = {
  title: 'A cluster by one command',
  steps: [
    {
      why: `All of that again, in the time it takes to read its plan. A replica never lies on its primary's host where there is
        another one; on a laptop there is not, hence the warning. Without \`--yes\` it asks first, and \`--dry-run\` only shows the
        plan.`,
      line: 'tscluster create 7000-7005 --replicas 1 --yes',
      when: SIX.map((port) => seenAs('master', port, [port])),
    },
    {line: 'tscluster call 7000 --only-this cluster info | grep -v messages'},
    {line: 'tscluster call 7000 --only-this cluster nodes'},
    {
      why: 'Some data, one key for each primary.',
      line: 'tscluster call 7000 --only-this set capital:france Paris',
    },
    {line: 'tscluster call 7001 --only-this set capital:italy Rome'},
    {line: 'tscluster call 7002 --only-this set capital:peru Lima'},
    {
      why: '`check` asks every node and compares their accounts.',
      line: 'tscluster check 7000',
    },
  ],
}
