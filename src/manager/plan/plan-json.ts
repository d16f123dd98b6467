/** A plan as text and back. What is read may come from anywhere: everything is checked, and what is not known is refused. */
import type {NodeId} from '../../model/node-id.js'
import {BIG_KEY_HANDLINGS, type BigKey} from './big-keys.js'
import {MIGRATE_REASONS} from './migrate-reason.js'
import type {PaceLimits} from './pace-limits.js'
import type {Phase, Plan, PlanSettings} from './plan.js'
import {
  array,
  boolean,
  entryAddress,
  integer,
  literal,
  nodeId,
  nullable,
  oneOf,
  pattern,
  record,
  slotsText,
  string,
  tagged,
  type Reader,
} from './plan-reader.js'
import {nodesOfStep} from './step-nodes.js'
import type {Step, StepKind, StepOf} from './step.js'

export const PLAN_VERSION = 1

export type ParsedPlan =
  {readonly ok: true; readonly plan: Plan} | {readonly ok: false; readonly problems: readonly string[]}

/** A plan has no secrets: who applies it logs in anew. */
export function planToJson(plan: Plan): string {
  return `${JSON.stringify(plan, null, 2)}\n`
}

/** All that is wrong with it, each with its place: `phases[0].steps[2].node: "xyz" is not a node id`. */
export function planFromJson(text: string): ParsedPlan {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return {ok: false, problems: [`not JSON: ${error instanceof Error ? error.message : String(error)}`]}
  }
  const version = versionOf(value)
  if (version !== PLAN_VERSION) {
    const problem =
      version === undefined ? 'not a plan: it has no version' : `version ${JSON.stringify(version)} of the plan format`
    return {ok: false, problems: [`${problem}; this program reads version ${PLAN_VERSION}`]}
  }
  const problems: string[] = []
  const plan = PLAN(value, '', (path, problem) => problems.push(path === '' ? problem : `${path}: ${problem}`))
  if (plan === undefined || problems.length > 0) return {ok: false, problems}
  const strangers = unlistedNodes(plan)
  return strangers.length > 0 ? {ok: false, problems: strangers} : {ok: true, plan}
}

function versionOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'version' in value ? value.version : undefined
}

/** A step that names a node of which the plan does not say where it is could not be carried out. */
function unlistedNodes(plan: Plan): string[] {
  const listed = new Set(plan.nodes.map(({id}) => id))
  const named = new Set<NodeId>(plan.newcomers)
  for (const phase of [...plan.phases, ...(plan.undo ?? []), ...(plan.lastly ?? [])]) {
    for (const step of phase.steps) for (const id of nodesOfStep(step)) named.add(id)
  }
  return [...named].filter((id) => !listed.has(id)).map((id) => `nodes: does not list ${id}, which the plan speaks of`)
}

const MAX_INT32 = 2_147_483_647
/** Redis' epochs are 64-bit; a JavaScript number is exact up to here. */
const MAX_EPOCH = Number.MAX_SAFE_INTEGER

const node = {node: nodeId}
const nodeAndSlots = {node: nodeId, slots: slotsText}
const lane = {slots: slotsText, source: nodeId, target: nodeId}

const STEP_READERS: {readonly [Kind in StepKind]: Reader<StepOf<Kind>>} = {
  'set-config': record({
    kind: literal('set-config'),
    ...node,
    parameter: pattern(/^[a-z][a-z0-9-]*$/, 'a configuration parameter'),
    value: string,
    rewrite: boolean,
  }),
  'set-config-epoch': record({kind: literal('set-config-epoch'), ...node, epoch: integer(0, MAX_EPOCH)}),
  'add-slots': record({kind: literal('add-slots'), ...nodeAndSlots}),
  meet: record({kind: literal('meet'), ...node, peers: array(nodeId)}),
  replicate: record({kind: literal('replicate'), replica: nodeId, primary: nodeId}),
  'wait-agreement': record({kind: literal('wait-agreement'), nodes: array(nodeId), push: boolean}),
  'wait-forgotten': record(
    {kind: literal('wait-forgotten'), ...node, nodes: array(nodeId)},
    {atItsAddress: literal(true)},
  ),
  'wait-sync': record({kind: literal('wait-sync'), replica: nodeId}),
  'flush-functions': record({kind: literal('flush-functions'), ...node}),
  'copy-functions': record({kind: literal('copy-functions'), from: nodeId, to: nodeId}),
  'move-slots': record(
    {kind: literal('move-slots'), ...lane},
    {because: oneOf(...MIGRATE_REASONS), bigKeySlots: slotsText},
  ),
  'migrate-slots': record(
    {kind: literal('migrate-slots'), ...lane},
    {asks: literal('target'), fallback: literal(true)},
  ),
  'collect-keys': record({kind: literal('collect-keys'), slot: integer(0, 16_383), source: nodeId, target: nodeId}),
  'claim-slots': record({kind: literal('claim-slots'), ...nodeAndSlots}),
  'assign-slots': record({kind: literal('assign-slots'), ...nodeAndSlots, owner: nodeId}),
  'close-slots': record({kind: literal('close-slots'), ...nodeAndSlots}),
  'del-slots': record({kind: literal('del-slots'), ...nodeAndSlots}),
  forget: record({kind: literal('forget'), ...node, by: nodeId}),
  reset: record({kind: literal('reset'), ...node, mode: oneOf('soft', 'hard')}),
  failover: record({kind: literal('failover'), replica: nodeId, mode: oneOf('normal', 'force', 'takeover')}),
  'copy-keys': record({
    kind: literal('copy-keys'),
    from: entryAddress,
    database: integer(0, MAX_INT32),
    keep: boolean,
  }),
}

const STEP: Reader<Step> = tagged<Step>('kind', STEP_READERS)

const PHASES: Reader<Phase[]> = array(record({title: string, steps: array(STEP)}))

const RATE = nullable(integer(1, Number.MAX_SAFE_INTEGER))

const PACE: Reader<PaceLimits> = record({
  maxLatencyMs: nullable(integer(1, MAX_INT32)),
  bytesPerSecond: RATE,
  keysPerSecond: RATE,
})

const SETTINGS: Reader<PlanSettings> = record(
  {
    migrateTimeoutMs: integer(1, MAX_INT32),
    pipeline: nullable(integer(1, MAX_INT32)),
    replace: boolean,
    timeoutMs: integer(1, MAX_INT32),
  },
  // Plans that were saved before there were these have none.
  {
    pace: PACE,
    bigKeys: record({bytes: integer(1, MAX_EPOCH), handling: oneOf(...BIG_KEY_HANDLINGS)}),
  },
)

const AMOUNT = integer(0, MAX_EPOCH)
const BIG_KEY: Reader<BigKey> = record({
  key: string,
  slot: integer(0, 16_383),
  ...node,
  type: string,
  bytes: AMOUNT,
  elements: AMOUNT,
  stallMs: AMOUNT,
})

const PLAN: Reader<Plan> = record(
  {
    version: literal(PLAN_VERSION),
    operation: string,
    entries: array(entryAddress),
    newcomers: array(nodeId),
    nodes: array(record({id: nodeId, address: entryAddress})),
    basedOn: pattern(/^[0-9a-f]{16}$/, 'a fingerprint'),
    settings: SETTINGS,
    risk: record({keysAtStake: integer(0, Number.MAX_SAFE_INTEGER), losses: array(string)}),
    phases: PHASES,
  },
  {undo: PHASES, lastly: PHASES, bigKeys: array(BIG_KEY)},
)
