/** `--cluster info` */
import {loadCluster} from './cluster.js'
import type {Dialogue, Verdict} from './dialogue.js'
import {printInfo} from './info-block.js'
import {seedOfWords} from './seed.js'

/** Nodes that do not answer are named on standard error, and are no failure. */
export async function info(dialogue: Dialogue): Promise<Verdict> {
  printInfo(await loadCluster(dialogue, seedOfWords(dialogue.invocation.words)), dialogue)
  return 0
}
