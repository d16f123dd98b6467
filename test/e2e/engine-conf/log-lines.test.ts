/** What an engine node and Redis 7.0 say in their logs of the same events: the same words, at the same level. */
import {expect} from 'chai'
import {type Flavour} from '../../support/installed-servers.js'
import {describeOnServers} from '../../support/real-servers.js'
import {command} from '../../support/resp.js'
import {startNodes, type ServerNode, type ServerNodes} from '../../support/server-nodes.js'
import {until} from '../../support/until.js'

const LONG = {timeoutMs: 30_000}

describeOnServers('the log of a primary and a replica', ['redis-7.0'], (flavour) => {
  it('has the lines that Redis’ has: full and partial syncs, lost links, snapshots, rewrites', async function () {
    this.timeout(120_000)
    const [ours, theirs] = await Promise.all([linesOfAll('engine'), linesOfAll(flavour)])
    expect(ours.primary).to.deep.equal(theirs.primary)
    expect(ours.replica).to.deep.equal(theirs.replica)
    expect(ours.replica).to.include('# Connection with master lost.')
  })
})

async function linesOfAll(flavour: Flavour): Promise<{readonly primary: string[]; readonly replica: string[]}> {
  const nodes = await startNodes(flavour, 2, {cluster: false})
  await play(nodes)
  const [primary, replica] = [linesOf(nodes, 0), linesOf(nodes, 1)]
  await nodes.stop()
  return {primary, replica}
}

async function play(nodes: ServerNodes): Promise<void> {
  const [primary, replica] = [nodes.node(0), nodes.node(1)]
  const untilSays = async (node: ServerNode, section: string, pattern: RegExp): Promise<void> => {
    const what = `${node.address} to say ${String(pattern)}`
    await until(async () => pattern.test(String(await command(node, 'INFO', section))), {...LONG, what})
  }
  const untilLogged = (index: number, pattern: RegExp): Promise<unknown> =>
    until(() => pattern.test(nodes.log(index)), {...LONG, what: `the log to say ${String(pattern)}`})
  await command(primary, 'SET', 'a', '1')
  await command(replica, 'REPLICAOF', primary.host, primary.port)
  await untilSays(replica, 'replication', /master_link_status:up/)
  await untilLogged(0, /Synchronization with replica .* succeeded/)
  await command(primary, 'CLIENT', 'KILL', 'TYPE', 'replica')
  await untilLogged(1, /Master accepted a Partial Resynchronization/)
  await command(primary, 'BGSAVE')
  await untilLogged(0, /Background saving terminated with success/)
  await command(primary, 'CONFIG', 'SET', 'appendonly', 'yes')
  await untilLogged(0, /Background AOF rewrite finished successfully/)
  await untilSays(replica, 'replication', /master_link_status:up/)
  await command(replica, 'REPLICAOF', 'NO', 'ONE')
  await untilLogged(0, /(Connection with replica .* lost[^]*){2}/)
  // A history of its own, which the primary does not know: everything is sent again, by way of a file.
  await command(replica, 'SET', 'b', '2')
  await command(primary, 'CONFIG', 'SET', 'repl-diskless-sync', 'no')
  await command(replica, 'REPLICAOF', primary.host, primary.port)
  await untilSays(replica, 'replication', /master_link_status:up/)
  await untilLogged(0, /(Synchronization with replica .* succeeded[^]*){2}/)
}

/** What a child process says of itself, and of what only a child has. */
const ONLY_A_CHILDS = /Fork CoW|temporary AOF incr file|Successfully created the temporary AOF base file/
/** The same events in other words: who they are, which names files have for a moment. */
const ONLY_NAMES = /monotonic clock|tscluster engine|Memory overcommit|oO0O|Redis version=|Creating AOF incr file/

/** Sorted, for some lines of one moment have no order; without times, processes, ids, numbers of bytes and of clients. */
function linesOf(nodes: ServerNodes, index: number): string[] {
  return nodes
    .log(index)
    .split('\n')
    .filter((line) => line !== '' && !ONLY_A_CHILDS.test(line) && !ONLY_NAMES.test(line))
    .map((line) =>
      line
        .replace(/^\d+:[A-Z] .{24} /, '')
        .replace(/[0-9a-f]{40}/g, '<id>')
        .replace(/ '?id=\d+ addr=.*/, ' <client>')
        .replace(/pid \d+|bg-\d+/, '<process>')
        .replace(/:\d{5}\b|port=\d+/g, ':<port>')
        .replace(/(request <id>|offset|<id>|receiving|age|created):? ?\d[\d.]*/g, '$1 <number>'),
    )
    .sort()
}
