/** A plan as a table: what happens, in which order, and on request which commands are sent. */
import {groupBy} from '../../manager/check/naming.js'
import {describeStep, explainStep, namesIn, type NameOf} from '../../manager/plan/explain.js'
import type {Phase, Plan} from '../../manager/plan/plan.js'
import type {Step, StepKind, StepOf} from '../../manager/plan/step.js'
import type {Output} from '../world.js'
import {count, formatCount} from './numbers.js'
import {renderTable} from './table.js'
import type {Theme} from './theme.js'

/** Lines of one phase; more are counted, unless the plan itself is the result. */
const LINES_AT_MOST = 24

export async function renderPlan(
  plan: Plan,
  output: Output,
  theme: Theme,
  {explain, complete}: {readonly explain: boolean; readonly complete: boolean},
): Promise<string> {
  const nameOf = namesIn(plan)
  const rows: string[][] = []
  plan.phases.forEach((phase, index) => {
    const title = `${index + 1}. ${phase.title}`
    const lines = complete || explain ? inFull(plan, phase, nameOf, explain, theme) : inShort(phase, nameOf)
    lines.forEach((line, number) => rows.push([number === 0 ? title : '', line]))
  })
  return renderTable(output, theme, [{head: 'phase'}, {head: 'what happens'}], rows)
}

function inFull(plan: Plan, {steps}: Phase, nameOf: NameOf, explain: boolean, theme: Theme): string[] {
  return steps.flatMap((step) => {
    const commands = explain ? explainStep(step, nameOf, plan.settings) : []
    return [describeStep(step, nameOf), ...commands.map((command) => theme.faint(`  ${command}`))]
  })
}

/** Steps that differ only in the node become one line. */
function inShort({steps}: Phase, nameOf: NameOf): string[] {
  const lines: string[] = []
  for (const group of alike(steps)) {
    const summary = group.length > 1 ? summarize(group) : undefined
    lines.push(...(summary === undefined ? group.map((step) => describeStep(step, nameOf)) : [summary]))
  }
  const more = lines.length - LINES_AT_MOST
  return more > 0 ? [...lines.slice(0, LINES_AT_MOST), `… and ${formatCount(more)} more`] : lines
}

function alike(steps: readonly Step[]): Step[][] {
  const kindOf = (step: Step): string => (step.kind === 'set-config' ? `${step.parameter} ${step.value}` : step.kind)
  return [...groupBy(steps, kindOf).values()]
}

type Summary<Kind extends StepKind> = (group: readonly StepOf<Kind>[]) => string

const SUMMARIES: {readonly [Kind in StepKind]?: Summary<Kind>} = {
  'set-config': (group) => `set ${group[0]!.parameter} to ${group[0]!.value} on ${count(group.length, 'node')}`,
  'set-config-epoch': (group) => `give each of ${count(group.length, 'node')} a config epoch of its own`,
  meet: (group) => `introduce ${count(group.length + 1, 'node')} to each other`,
  'wait-sync': (group) => `wait until ${count(group.length, 'replica')} are in sync`,
  forget: (group) => `have ${count(group.length, 'node')} forget it`,
}

function summarize(group: readonly Step[]): string | undefined {
  const summary = SUMMARIES[group[0]!.kind] as Summary<StepKind> | undefined
  return summary?.(group)
}
