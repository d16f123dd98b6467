/** Suites that run once for each server flavour that is installed, our own engine among them where a suite names it. */
import {findProgram, programPath, serversAreRequired, type Flavour} from './installed-servers.js'
import {stopAllNodes} from './server-nodes.js'

export {ENDS_WITH_ENGINE, FLAVOURS, WITH_ENGINE, type Flavour} from './installed-servers.js'

const END_TO_END_TIMEOUT_MS = 60_000

/** `TSCLUSTER_FLAVOURS=redis-7.0,valkey-9.1` keeps to these, for a second run on another Node. */
const chosen = process.env['TSCLUSTER_FLAVOURS']?.split(',')

/**
 * One mocha suite per flavour, 60 s for each test. Where a flavour is not installed its suite is not registered, and a notice
 * says so; in CI it becomes a failing test instead. Every server that the suite started is stopped when it ends.
 */
export function describeOnServers(
  title: string,
  flavours: readonly Flavour[],
  suite: (flavour: Flavour) => void,
): void {
  for (const flavour of flavours.filter((each) => chosen?.includes(each) ?? true)) {
    if (findProgram(flavour) !== undefined) {
      describe(`${title} (${flavour})`, function () {
        this.timeout(END_TO_END_TIMEOUT_MS)
        suite(flavour)
        after('stop all servers', stopAllNodes)
      })
    } else if (serversAreRequired()) {
      describe(`${title} (${flavour})`, () => {
        it('has its server installed', () => {
          programPath(flavour)
        })
      })
    } else {
      process.stderr.write(`  (not run: "${title}" needs ${flavour}, which is not installed)\n`)
    }
  }
}
