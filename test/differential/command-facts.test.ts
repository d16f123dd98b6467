/** What we say of our commands is what Redis 7.0 says of them. */
import {expect} from 'chai'
import {ReplyError, ReplyMap, ReplySet, type Reply} from '../support/engine/parse-replies.js'
import {describeOnServers} from '../support/real-servers.js'
import {startNodes, type ServerNodes} from '../support/server-nodes.js'
import {TwinServers} from './twin-servers.js'

/** Valkey 9's, for atomic slot migration: Redis has no such words. */
const VALKEY_ONLY: readonly Reply[] = ['migrateslots', 'getslotmigrations', 'cancelslotmigrations', 'syncslots'].map(
  (word) => `cluster|${word}`,
)

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
    const names = (listed[0] as string[]).filter((name) => !VALKEY_ONLY.includes(name))
    expect(names).to.include.members(['get', 'cluster', 'migrate', 'zrange'])
    const {theirs, ours} = await twins.ask(names.map((name) => ['COMMAND', 'INFO', name]))
    const differing = names.filter(
      (_, at) => sorted(withoutMissing(theirs[at]!, ours[at]!)) !== sorted(withoutValkey(ours[at]!)),
    )
    expect(differing.map((name) => `${name}: ${sorted(ours[names.indexOf(name)]!)}`)).to.deep.equal([])
  })

  for (const protocol of ['2', '3']) {
    it(`DOCS tells the same in RESP${protocol}, but for summary and complexity, which are in our own words`, async () => {
      const {ours: listed} = await twins.ask([['COMMAND', 'LIST']])
      const names = (listed[0] as string[]).filter((name) => !VALKEY_ONLY.includes(name))
      const asked = [['HELLO', protocol], ...names.map((name) => ['COMMAND', 'DOCS', name])]
      const {theirs, ours} = await twins.ask([...asked, ['HELLO', '2']])
      names.forEach((name, index) => {
        const [real, own] = [pairsOf(theirs[index + 1]!)[0]![1], pairsOf(ours[index + 1]!)[0]![1]]
        expect(comparableDoc(own, own), name).to.deep.equal(comparableDoc(real, own))
      })
    })
  }

  it('COUNT and LIST agree with each other, and every name in them is Redis’ own', async () => {
    const {ours} = await twins.ask([
      ['COMMAND', 'COUNT'],
      ['COMMAND', 'LIST'],
    ])
    const listed = ours[1] as string[]
    expect(ours[0]).to.equal(listed.filter((name) => !name.includes('|')).length)
    const {theirs} = await twins.ask([['COMMAND', 'LIST']])
    const redisOwn = theirs[0] as string[]
    expect(listed.filter((name) => !redisOwn.includes(name) && !VALKEY_ONLY.includes(name))).to.deep.equal([])
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

function withoutValkey(ours: Reply): Reply {
  const [row] = ours as Reply[][]
  if (!Array.isArray(row)) return ours
  return [[...row.slice(0, 9), (row[9] as Reply[][]).filter(([name = null]) => !VALKEY_ONLY.includes(name))]]
}

/** A map, which RESP2 tells as a list. */
function pairsOf(reply: Reply): (readonly [Reply, Reply])[] {
  if (reply instanceof ReplyMap) return [...reply.pairs]
  const list = reply as Reply[]
  return list.flatMap((name, at) => (at % 2 === 0 ? [[name, list[at + 1]!] as const] : []))
}

/** Prose that we have in our own words: it must be there where Redis has it. */
const OUR_WORDS: readonly Reply[] = ['summary', 'complexity']

/** Without our own words; of a container with the names of those subcommands that `own` has. They are compared under their own names. */
function comparableDoc(doc: Reply, own: Reply): (readonly [Reply, Reply])[] {
  const namesIn = (each: Reply): Reply[] => {
    const found = pairsOf(each).find(([name]) => name === 'subcommands')
    return found === undefined ? [] : pairsOf(found[1]).map(([name]) => name)
  }
  const kept = namesIn(own).filter((name) => !VALKEY_ONLY.includes(name))
  const shared = namesIn(doc).filter((name) => kept.includes(name))
  return pairsOf(doc).map(([name, value]) => {
    if (OUR_WORDS.includes(name)) return [name, typeof value]
    return [name, name === 'subcommands' ? shared.map(String).toSorted() : value]
  })
}

/** Flags, categories, tips and subcommands come in no order that means anything. */
function sorted(reply: Reply): string {
  if (Array.isArray(reply)) return `[${reply.map(sorted).sort().join(' ')}]`
  if (reply instanceof ReplySet) return sorted([...reply.items])
  if (reply instanceof ReplyMap) return sorted(reply.pairs.flat())
  if (reply instanceof ReplyError) return `error ${reply.message}`
  return String(reply)
}
