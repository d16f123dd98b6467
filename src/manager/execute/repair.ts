/** `fix` in rounds: what one repair uncovers, the next repairs. A slot must be served before its stray keys can be brought home. */
import {isManagerError} from '../error.js'
import type {Diagnosis} from '../plan/fix-action.js'
import {planFix, type Fix, type FixRequest} from '../plan/fix.js'
import {awaitedNode} from '../plan/resume/unrest.js'
import type {ManagerClock} from '../ports.js'
import type {ClusterView} from '../view/cluster-view.js'
import {waitForCalm, type Teller} from '../wait-for-calm.js'

const ROUNDS = 5

/** A node that restarts, and a failover, take less; with both, what is to be repaired is less. */
const COMES_BACK_MS = 30_000
/**
 * A node that was told to forget another one bans it for a minute and, where the servers tell each other of that, makes the others
 * forget it again as often as they are introduced: only time helps. In ms, with some more for the last round.
 */
const FORGET_BAN_MS = 70_000
const INTRODUCE_PAUSE_MS = 5_000
/** What shows while a node is forgotten: the others do not know it, or do not know what it serves. */
const SETTLED_BY_MEETING: ReadonlySet<string> = new Set(['node-unknown', 'slots-disagree'])

export interface Repair<Result> {
  readonly clock: ManagerClock
  readonly teller: Teller
  /** Ends a pause between two rounds. */
  readonly stop: AbortSignal
  readonly request: FixRequest
  /** @param isAgain who does not answer was told before */
  readonly look: (isAgain: boolean) => Promise<ClusterView>
  /** Of all slots: what an interrupted repair left behind carries no mark. */
  readonly countKeys: (view: ClusterView) => Promise<ClusterView>
  /** @throws ManagerError `stale-plan` when the cluster has changed since it was looked at */
  readonly carryOut: (fix: Fix) => Promise<Result>
  /** `more`: all of it was done, and something is wrong yet. */
  readonly verdictOn: (result: Result) => 'ended' | 'more'
}

export interface Repaired<Result> {
  readonly result: Result
  /** What was wrong in the beginning. */
  readonly diagnosis: readonly Diagnosis[]
  /** The last look, when it found that all is well by now: it had to settle. */
  readonly wellBy?: Fix
}

/** @throws ManagerError when the nodes cannot be looked at, or the plan went stale in every round */
export async function repairInRounds<Result>(repair: Repair<Result>): Promise<Repaired<Result>> {
  const {clock, teller, stop} = repair
  let diagnosis: readonly Diagnosis[] | undefined
  let done: {readonly result: Result} | undefined
  let doneBefore = ''
  const startedMs = clock.nowMs()
  for (let round = 1; round <= ROUNDS;) {
    const fix = await diagnose(repair)
    const signature = signatureOf(fix)
    diagnosis ??= fix.diagnosis
    if (done !== undefined && !fix.planned.ok) break
    if (done !== undefined && signature === NOTHING) return {...done, diagnosis, wellBy: fix}
    if (signature !== '' && signature === doneBefore) {
      // A plan that comes back unchanged did not help: to repeat it would not help either, unless time does.
      if (!introducesAgain(fix) || clock.nowMs() - startedMs > FORGET_BAN_MS) break
      teller.busy('some nodes were told to forget others, and do so for a minute: introducing them again …')
      await clock.sleep(INTRODUCE_PAUSE_MS, stop)
    } else round++
    doneBefore = signature
    try {
      done = {result: await repair.carryOut(fix)}
    } catch (error) {
      // Gossip settled something between the look and the deed: look again.
      if (!isManagerError(error, 'stale-plan') || round > ROUNDS) throw error
      doneBefore = ''
      continue
    }
    if (repair.verdictOn(done.result) === 'ended') break
  }
  return {...done!, diagnosis: diagnosis ?? []}
}

async function diagnose<Result>({clock, teller, request, look, countKeys}: Repair<Result>): Promise<Fix> {
  let looks = 0
  const view = await waitForCalm(clock, teller, {
    look: () => look(looks++ > 0),
    // Nodes that disagree were given their time, and may be what is to be repaired.
    unrest: (seen) => awaitedNode(seen),
    limitMs: COMES_BACK_MS,
    isStrange: true,
  })
  return planFix(await countKeys(view), request)
}

const NOTHING = '[]'

/** What would be done, to be compared; empty when nothing can be planned. */
function signatureOf({planned}: Fix): string {
  return planned.ok ? JSON.stringify(planned.plan.phases) : ''
}

/** Whether nothing is to be done but to make nodes known to each other. */
function introducesAgain({planned, diagnosis}: Fix): boolean {
  if (!planned.ok) return false
  const onlyWaits = planned.plan.phases.every(({steps}) => steps.every(({kind}) => kind === 'wait-agreement'))
  return onlyWaits && diagnosis.some(({finding}) => SETTLED_BY_MEETING.has(finding.code))
}
