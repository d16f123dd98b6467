/** The same seeded random commands to a real Redis 7.0 and to an engine node: every reply must be equal. */
import {expect} from 'chai'
import {describeOnServers} from '../support/real-servers.js'
import {startNodes, type ServerNodes} from '../support/server-nodes.js'
import {canonical} from './compare.js'
import {CONFIG, draw, FAMILIES} from './families.js'
import {TwinServers} from './twin-servers.js'
import {Draw} from './words.js'

const BATCH = 250
/** TSCLUSTER_DIFFERENTIAL=10 asks ten times as much. */
const BATCHES = 48 * Number(process.env['TSCLUSTER_DIFFERENTIAL'] ?? 1)

describeOnServers('an engine node answers as', ['redis-7.0'], (flavour) => {
  let servers: ServerNodes

  before(async () => {
    servers = await startNodes(flavour, 1, {cluster: false, config: CONFIG})
  })

  for (const [family, {keys, productions}] of Object.entries(FAMILIES)) {
    for (const protocol of ['2', '3']) {
      it(`${BATCH * BATCHES} random commands: ${family}, RESP${protocol}`, async () => {
        const seed = Number(process.env['TSCLUSTER_SEED'] ?? 20_261_121) + Number(protocol)
        const words = new Draw(seed, keys)
        const twins = await TwinServers.connect(servers.node(0), CONFIG)
        try {
          await twins.ask([['FLUSHALL'], ['HELLO', protocol]])
          const history: string[] = []
          for (let batch = 0; batch < BATCHES; batch++) {
            const drawn = Array.from({length: BATCH}, () => draw(words, productions))
            const lines = drawn.map(({phrase}) => words.misspell(phrase(words)))
            const {theirs, ours} = await twins.ask(lines)
            for (const [at, line] of lines.entries()) {
              history.push(line.map((word) => JSON.stringify(word)).join(' '))
              const {compare} = drawn[at]!
              const said = canonical(ours[at], compare)
              const told = canonical(theirs[at], compare)
              if (said !== told) {
                expect.fail(
                  `seed ${seed}, command ${history.length}, after\n${tellAbout(history, line)}\nRedis: ${told}\nours:  ${said}`,
                )
              }
            }
          }
        } finally {
          twins.close()
        }
      })
    }
  }
})

/** The last commands that named one of the keys of the one that differs. */
function tellAbout(history: readonly string[], line: readonly string[]): string {
  const keys = line.filter((word) => word.startsWith('{t}')).map((word) => JSON.stringify(word))
  return history
    .filter((each) => keys.some((key) => each.includes(key)))
    .slice(-8)
    .join('\n')
}
