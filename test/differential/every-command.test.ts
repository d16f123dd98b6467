/** Every command with too few, too many and the wrong words, and on keys of each type: the same errors, and replies of one kind. */
import {expect} from 'chai'
import {makeCommandTable} from '../../src/engine/commands/families.js'
import {isUnsupported} from '../../src/engine/commands/known-only.js'
import {ReplyError, type Reply} from '../support/engine/parse-replies.js'
import {describeOnServers} from '../support/real-servers.js'
import {startNodes, type ServerNodes} from '../support/server-nodes.js'
import {canonical} from './compare.js'
import {NOT_ASKED_AT_RANDOM} from './differences.js'
import {CONFIG} from './families.js'
import {TwinServers} from './twin-servers.js'

const KEYS = ['{t}string', '{t}list', '{t}hash', '{t}set', '{t}zset']
const MOST_WORDS = 6

/** The same keys before each command, whatever the one before did to them. */
const SCENE = [
  ['DEL', ...KEYS, 'a', '1'],
  ['SET', '{t}string', 'a'],
  ['RPUSH', '{t}list', 'a'],
  ['HSET', '{t}hash', 'a', '1'],
  ['SADD', '{t}set', 'a'],
  ['ZADD', '{t}zset', '1', 'a'],
]

/** From the bare name on: a key first, or a number and then a key, and the rest numbers, names, or the key again. */
function* wordings(name: string): Generator<string[]> {
  const command = name.split('|')
  yield command
  for (const key of KEYS) {
    yield [...command, key]
    for (let count = 2; count <= MOST_WORDS; count++) {
      for (const filler of ['1', 'a', key]) yield [...command, key, ...new Array<string>(count - 1).fill(filler)]
      yield [...command, '1', ...new Array<string>(count - 1).fill(key)]
      yield [...command, '1', key, ...new Array<string>(count - 2).fill('1')]
    }
  }
}

describeOnServers('every command, however it is worded, is answered as by', ['redis-7.0'], (flavour) => {
  let servers: ServerNodes

  before(async () => {
    servers = await startNodes(flavour, 1, {cluster: false, config: CONFIG})
  })

  const specs = [...makeCommandTable().all].filter(
    (spec) =>
      !isUnsupported(spec) &&
      !NOT_ASKED_AT_RANDOM.has(spec.fullName) &&
      !NOT_ASKED_AT_RANDOM.has(spec.fullName.split('|')[0]!),
  )

  it(`${specs.length} commands and subcommands, on keys of ${KEYS.length} types`, async () => {
    const twins = await TwinServers.connect(servers.node(0), CONFIG)
    const differences: string[] = []
    try {
      for (const {fullName} of specs) {
        const lines = [...wordings(fullName)]
        const {theirs, ours} = await twins.ask(lines.flatMap((line) => [...SCENE, line]))
        for (const [at, line] of lines.entries()) {
          const place = (at + 1) * (SCENE.length + 1) - 1
          const [told, said] = [kindOf(theirs[place]), kindOf(ours[place])]
          if (told !== said) differences.push(`${line.join(' ')}\n  Redis: ${told}\n  ours:  ${said}`)
        }
      }
    } finally {
      twins.close()
    }
    expect(differences).to.deep.equal([])
  })
})

function kindOf(reply: Reply | undefined): string {
  return canonical(reply, reply instanceof ReplyError ? 'exact' : 'shape')
}
