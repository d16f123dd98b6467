/** `--cluster fix` */
import {nodesAgree} from '../../manager/check/agreement.js'
import {uncoveredSlots} from '../../manager/check/coverage.js'
import {openSlots} from '../../manager/check/doubtful-slots.js'
import type {FixCase} from '../../manager/plan/fix-action.js'
import {printAgreement, printCoverage, printHeading, printOpenSlots, printOwners} from './check-block.js'
import {loadCluster, shownView} from './cluster.js'
import type {Dialogue, Verdict} from './dialogue.js'
import {fixCoverage} from './fix-coverage.js'
import {fixOpenSlots, narrator, slotsOf} from './fix-open-slots.js'
import {printInfo} from './info-block.js'
import {Repair} from './repair.js'
import {seedOfWords} from './seed.js'

const ACCOUNT_CASES: ReadonlySet<FixCase> = new Set(['stale-account', 'agreement', 'stale-marker'])
const OWNER_CASES: ReadonlySet<FixCase> = new Set(['several-owners', 'stray-keys'])

/** The check, with repairs between its questions. 0 when the cluster is clean in the end, which is looked at anew. */
export async function fix(dialogue: Dialogue): Promise<Verdict> {
  const seed = seedOfWords(dialogue.invocation.words)
  const repair = new Repair(dialogue, seed, await loadCluster(dialogue, seed, {settle: true, toChange: true}))
  printInfo(repair.cluster, dialogue)
  printHeading(repair.cluster, dialogue, true)
  printAgreement(repair.cluster, dialogue)
  if (!(await repairOpenSlots(repair))) return 1
  if (!(await repairCoverage(repair))) return 1
  if (!(await repairOwners(repair)) || !(await repairAccounts(repair))) return 1
  return isClean(repair) ? 0 : 1
}

async function repairOpenSlots(repair: Repair): Promise<boolean> {
  if (!printOpenSlots(repair.cluster, repair.dialogue)) return true
  if (refuses(repair, 'open slots')) return false
  return fixOpenSlots(repair, {waits: true})
}

async function repairCoverage(repair: Repair): Promise<boolean> {
  if (!printCoverage(repair.cluster, repair.dialogue)) return true
  if (refuses(repair, 'slots coverage')) return false
  if (!(await fixCoverage(repair))) return false
  return fixOpenSlots(repair, {waits: false})
}

/** Slots of a primary that is out of reach look uncovered: to give them away is to lose its keys. */
function refuses({cluster, dialogue}: Repair, what: string): boolean {
  const {print, words, invocation} = dialogue
  if (cluster.unreachablePrimaries === 0 || invocation.cluster.fixWithUnreachablePrimaries) return false
  print.warning(
    `*** Fixing ${what} with ${cluster.unreachablePrimaries} unreachable ${words.primaries} is dangerous: ` +
      `${words.program} will assume that slots about ${words.primaries} that are not reachable are not covered, and will ` +
      'try to reassign them to the reachable nodes. This can cause data loss and is rarely what you want to do. If you ' +
      `really want to proceed use the --cluster-fix-with-unreachable-${words.primaries} option.`,
  )
  return true
}

async function repairOwners(repair: Repair): Promise<boolean> {
  const {dialogue} = repair
  if (!(await printOwners(repair.cluster, dialogue))) return true
  await repair.countAllKeys()
  const actions = repair.actions(OWNER_CASES).filter(({withheld}) => withheld === null)
  for (const {slots, owner} of actions) {
    for (const slot of slotsOf(slots)) {
      dialogue.print.info(`>>> Fixing multiple owners for slot ${slot}...`)
      if (owner !== null) dialogue.print.info(`>>> Setting slot ${slot} owner: ${repair.nameOf(owner)}`)
    }
  }
  return actions.length === 0 || repair.carryOut(actions, narrator(repair))
}

/** Nodes that remember something else than the others: redis-cli cannot repair that, and has no words for it. */
async function repairAccounts(repair: Repair): Promise<boolean> {
  const actions = repair.actions(ACCOUNT_CASES).filter(({withheld}) => withheld === null)
  if (actions.length === 0) return true
  for (const {title} of actions) repair.dialogue.print.info(`>>> ${title}`)
  return repair.carryOut(actions, narrator(repair))
}

function isClean({cluster}: Repair): boolean {
  const view = shownView(cluster)
  return nodesAgree(view) && openSlots(view).size === 0 && uncoveredSlots(view).size === 0
}
