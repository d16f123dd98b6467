/**
 * A process of its own that claims a cluster, with QUICK_TERMS, and counts in KEY at its node every few milliseconds for as long
 * as it may: `node claim-holder.js HOST PORT KEY`. Says `holding`, and in the end why it stopped.
 */
import {systemClock} from '../../src/cli/world.js'
import {openPool} from '../../src/cli/connection.js'
import {fencedPool} from '../../src/manager/execute/claim/fenced-pool.js'
import {takeClaim} from '../../src/manager/execute/claim/take-claim.js'
import {address} from '../../src/model/address.js'
import {QUICK_TERMS} from './quick-claim-terms.js'

const PAUSE_MS = 5
const LONGEST_MS = 60_000

const [host, port, key] = process.argv.slice(2)
const entry = address(host!, Number(port))
const pool = await openPool({tls: false, insecure: false})
const claim = await takeClaim(
  pool,
  {entries: [`${host}:${port}`], newcomers: [], nodes: []},
  {
    owner: {id: 'f'.repeat(16), run: '1', operation: 'reshard', user: 'sleeper', host: 'bastion', sinceMs: Date.now()},
    force: false,
    clock: systemClock,
    wallMs: Date.now,
    note: (message) => void process.stdout.write(`${message}\n`),
    warn: (message) => void process.stdout.write(`${message}\n`),
    terms: QUICK_TERMS,
  },
)
process.stdout.write('holding\n')
const node = await fencedPool(pool, claim).connect(entry)
const startedMs = systemClock.nowMs()
try {
  while (systemClock.nowMs() - startedMs < LONGEST_MS) {
    await node.call(['INCR', key!])
    await systemClock.sleep(PAUSE_MS)
  }
} catch (error) {
  process.stdout.write(`stopped: ${error instanceof Error ? error.message : ''}\n`)
  process.stdout.write(`because ${(await claim.reason())?.message ?? 'of something else'}\n`)
} finally {
  pool.close()
}
