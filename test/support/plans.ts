/** What a planner answered, taken apart. */
import {formatAddress} from '../../src/model/address.js'
import type {Finding} from '../../src/manager/check/finding.js'
import {isMove, type MoveStep} from '../../src/manager/plan/lanes.js'
import type {Phase, Plan, Planned} from '../../src/manager/plan/plan.js'
import type {Step, StepKind, StepOf} from '../../src/manager/plan/step.js'

/** The plan; fails the test with the reasons when there is none. */
export function accepted(planned: Planned): Plan {
  if (planned.ok) return planned.plan
  throw new Error(`refused: ${planned.refusals.map(sentence).join('; ')}`)
}

/** The reasons; fails the test when the plan was made. */
export function refused(planned: Planned): readonly Finding[] {
  if (!planned.ok) return planned.refusals
  throw new Error(`accepted: ${JSON.stringify(planned.plan.phases)}`)
}

export function codesOf(planned: Planned): string[] {
  return refused(planned).map(({code}) => code)
}

/** Each as an operator reads it: "10.0.0.1:7001 is a replica…". */
export function messagesOf(planned: Planned): string[] {
  return refused(planned).map(sentence)
}

export function titlesOf({phases}: Pick<Plan, 'phases'>): string[] {
  return phases.map(({title}) => title)
}

export function stepsIn(phases: readonly Phase[]): Step[] {
  return phases.flatMap((phase) => phase.steps)
}

export function stepsOfKind<Kind extends StepKind>({phases}: Pick<Plan, 'phases'>, kind: Kind): StepOf<Kind>[] {
  return stepsIn(phases).filter((step): step is StepOf<Kind> => step.kind === kind)
}

export function movesOf({phases}: Pick<Plan, 'phases'>): MoveStep[] {
  return stepsIn(phases).filter(isMove)
}

function sentence({node, message}: Finding): string {
  return node === null ? message : `${formatAddress(node.address)} ${message}`
}
