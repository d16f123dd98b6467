/** Settings that an operation changed for as long as it lasted, and had no time to put back. */
import {timeoutBeforeRaise} from '../raised-timeout.js'
import type {Phase, Plan} from '../plan.js'
import {isMove} from '../lanes.js'
import type {Step, StepOf} from '../step.js'
import {settingKey, type Truth} from './truth.js'

export const NODE_TIMEOUT = 'cluster-node-timeout'

/** The steps of `lastly` that are still owed, and the node timeouts that were raised for big keys. */
export function owedPhases(plan: Plan, truth: Truth): Phase[] {
  const lastly = (plan.lastly ?? []).flatMap(({steps}) => steps).filter((step) => isOwed(plan, step, truth))
  const steps = [...lastly, ...raisedTimeouts(plan, truth)]
  return steps.length === 0 ? [] : [{title: 'put back what was set for the time being', steps}]
}

/** A setting is owed as long as it has the value that the plan gave it: a node that restarted, or that somebody set since, has its own. */
function isOwed(plan: Plan, step: Step, {settings, finished}: Truth): boolean {
  if (step.kind !== 'set-config') return !finished(step)
  const now = settings.get(settingKey(step.node, step.parameter))
  const given = plan.phases
    .flatMap(({steps}) => steps)
    .filter((other): other is StepOf<'set-config'> => other.kind === 'set-config')
    .find(({node, parameter}) => node === step.node && parameter === step.parameter)
  return now === undefined || (now !== step.value && now === given?.value)
}

/** A raised timeout tells what it was before: no journal is needed for it. */
function raisedTimeouts(plan: Plan, {view, settings}: Truth): Step[] {
  if (!plan.phases.some(({steps}) => steps.some((step) => isMove(step) || step.kind === 'collect-keys'))) return []
  return view.nodes.flatMap(({id}): Step[] => {
    const own = timeoutBeforeRaise(Number(settings.get(settingKey(id, NODE_TIMEOUT))))
    if (own === undefined) return []
    return [{kind: 'set-config', node: id, parameter: NODE_TIMEOUT, value: String(own), rewrite: false}]
  })
}
