/** From a step's kind to its runner. */
import type {Step, StepKind, StepOf} from '../plan/step.js'
import type {StepContext} from './step-context.js'
import {collectKeys} from './steps/collect-keys.js'
import {copyFunctions, flushFunctions} from './steps/copy-functions.js'
import {copyKeys} from './steps/copy-keys.js'
import {failover} from './steps/failover.js'
import {meet} from './steps/meet.js'
import {migrateSlots} from './steps/migrate-slots.js'
import {moveSlots} from './steps/move-slots.js'
import {
  addSlots,
  assignSlots,
  claimSlots,
  closeSlots,
  delSlots,
  forget,
  setConfig,
  setConfigEpoch,
} from './steps/node-commands.js'
import {reset} from './steps/reset.js'
import {replicate} from './steps/replicate.js'
import {waitAgreement} from './steps/wait-agreement.js'
import {waitAlone} from './steps/wait-alone.js'
import {waitForgotten} from './steps/wait-forgotten.js'
import {waitSync} from './steps/wait-sync.js'

type Runner<Kind extends StepKind> = (step: StepOf<Kind>, context: StepContext) => Promise<void>

const RUNNERS: {readonly [Kind in StepKind]: Runner<Kind>} = {
  'set-config': setConfig,
  'set-config-epoch': setConfigEpoch,
  'add-slots': addSlots,
  meet,
  replicate,
  'wait-agreement': waitAgreement,
  'wait-forgotten': waitForgotten,
  'wait-alone': waitAlone,
  'wait-sync': waitSync,
  'copy-functions': copyFunctions,
  'flush-functions': flushFunctions,
  'move-slots': moveSlots,
  'migrate-slots': migrateSlots,
  'collect-keys': collectKeys,
  'claim-slots': claimSlots,
  'assign-slots': assignSlots,
  'close-slots': closeSlots,
  'del-slots': delSlots,
  forget,
  reset,
  failover,
  'copy-keys': copyKeys,
}

/** @throws ManagerError as the step's runner does */
export function runStep<Kind extends StepKind>(step: StepOf<Kind> & Step, context: StepContext): Promise<void> {
  const run = RUNNERS[step.kind]
  return run(step, context)
}
