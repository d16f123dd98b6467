/** What we say of our commands is what Redis 7.0 says of them. */
import {expect} from 'chai'
import {ReplyError, ReplyMap, ReplySet, type Reply} from '../support/engine/parse-replies.js'
import {describeOnServers} from '../support/real-servers.js'
import {startNodes, type ServerNodes} from '../support/server-nodes.js'
import {TwinServers} from './twin-servers.js'

describeOnServers('COMMAND', ['redis-7.0'], (flavour) => {
  let servers: ServerNodes
  let twins: TwinServers

  before(async () => {
    servers = await startNodes(flavour, 1)
    twins = await TwinServers.connect(servers.node(0), {'cluster-enabled': 'yes'})
  })

  after(() => twins.close())

  it('INFO tells the same of every command that we have', async () => {
    const {ours: listed} = await twins.ask([['COMMAND', 'LIST']])
    const names = listed[0] as string[]
    expect(names).to.include.members(['get', 'cluster', 'migrate', 'zrange'])
    const {theirs, ours} = await twins.ask(names.map((name) => ['COMMAND', 'INFO', name]))
    const differing = names.filter((_, at) => sorted(withoutMissing(theirs[at]!, ours[at]!)) !== sorted(ours[at]!))
    expect(differing.map((name) => `${name}: ${sorted(ours[names.indexOf(name)]!)}`)).to.deep.equal([])
  })

  it('COUNT and LIST agree with each other, and every name in them is Redis’ own', async () => {
    const {ours} = await twins.ask([
      ['COMMAND', 'COUNT'],
      ['COMMAND', 'LIST'],
    ])
    const listed = ours[1] as string[]
    expect(ours[0]).to.equal(listed.filter((name) => !name.includes('|')).length)
    const {theirs} = await twins.ask([['COMMAND', 'LIST']])
    expect(listed.filter((name) => !(theirs[0] as string[]).includes(name))).to.deep.equal([])
  })
})

/** Of a container only the subcommands that we have are compared: the others are told of as missing by an error. */
function withoutMissing(theirs: Reply, ours: Reply): Reply {
  const [row] = theirs as Reply[][]
  const [own] = ours as Reply[][]
  if (row === undefined || own === undefined || !Array.isArray(row) || !Array.isArray(own)) return theirs
  const kept = (own[9] as Reply[][]).map(([name]) => name)
  return [[...row.slice(0, 9), (row[9] as Reply[][]).filter(([name]) => kept.includes(name))]]
}

/** Flags, categories, tips and subcommands come in no order that means anything. */
function sorted(reply: Reply): string {
  if (Array.isArray(reply)) return `[${reply.map(sorted).sort().join(' ')}]`
  if (reply instanceof ReplySet) return sorted([...reply.items])
  if (reply instanceof ReplyMap) return sorted(reply.pairs.flat())
  if (reply instanceof ReplyError) return `error ${reply.message}`
  return String(reply)
}
