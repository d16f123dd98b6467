/** The programs that compete: the built tscluster, and the cli that came with the servers. */
import path from 'node:path'
import {programPath, type Flavour} from '../../test/support/installed-servers.js'
import {timed, type Side} from './contest.js'

export interface Programs {
  readonly flavour: Flavour
  /** `redis-cli 7.0`. */
  readonly peer: string
  /** Runs `tscluster …`, or the peer with its own words for the same. @returns ms @throws Error when it fails */
  run(side: Side, words: Readonly<Record<Side, readonly (string | number)[]>>): Promise<number>
}

/**
 * @param root the project's folder, where the program was built
 * @throws Error when the server's cli is not installed
 */
export function programsFor(root: string, flavour: Flavour): Programs {
  const cli = programPath(flavour, 'cli')
  const tscluster = path.join(root, 'bin', 'run.js')
  return {
    flavour,
    peer: flavour.replace('-', '-cli '),
    run(side, words) {
      const args = words[side].map(String)
      return side === 'ours' ? timed(process.execPath, [tscluster, ...args]) : timed(cli, args)
    },
  }
}
