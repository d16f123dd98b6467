/** `--cluster check` */
import {isClean, printCheck} from './check-block.js'
import {loadCluster} from './cluster.js'
import type {Dialogue, Verdict} from './dialogue.js'
import {printInfo} from './info-block.js'
import {seedOfWords} from './seed.js'

/** 1 when the nodes disagree, a slot is open, uncovered or has several owners. Dead replicas are no fault here. */
export async function check(dialogue: Dialogue): Promise<Verdict> {
  const cluster = await loadCluster(dialogue, seedOfWords(dialogue.invocation.words))
  printInfo(cluster, dialogue)
  return isClean(await printCheck(cluster, dialogue)) ? 0 : 1
}
