/** Chapter: configuration files, and nodes that do not know each other yet. */
import {answering, type Chapter, SIX} from '../story.js'

export const sixNodes: Chapter = {
  title: 'Six nodes',
  steps: [
    {
      why: 'Each node has a folder with a `redis.conf` of its own. This is the first.',
      line: `mkdir 7000
cat > 7000/redis.conf <<END
port 7000
bind 127.0.0.1
cluster-enabled yes
cluster-config-file nodes.conf
cluster-node-timeout 2000
appendonly yes
daemonize yes
logfile server.log
pidfile server.pid
repl-diskless-sync-delay 0
enable-debug-command local
END`,
    },
    {
      why: `A node that is silent for \`cluster-node-timeout\` milliseconds is taken for dead: 2 seconds are few, so that nobody
        has to wait long here. For the same reason a new replica gets its data at once, and not after five seconds in which others
        could join it (\`repl-diskless-sync-delay\`). \`enable-debug-command\` is for the crash that is to come.

        The others differ in nothing but the port.`,
      line: `for port in 7001 7002 7003 7004 7005; do
  mkdir $port
  sed "s/7000/$port/" 7000/redis.conf > $port/redis.conf
done`,
    },
    {line: 'for port in 7000 7001 7002 7003 7004 7005; do (cd $port; tscluster-server ./redis.conf); done'},
    {
      why: 'Each has given itself an id, which it will keep, and written it down.',
      line: 'ls 7000',
      when: [answering(SIX)],
    },
    {line: 'cat 7000/nodes.conf'},
    {
      why: `A node alone is a cluster of one. Its state is \`fail\`: nobody serves the 16,384 slots, one of which each key belongs
        to.`,
      line: 'tscluster call 7000 cluster info',
    },
  ],
}
