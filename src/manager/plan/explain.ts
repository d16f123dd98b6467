/** A step in words: what it does, and which Redis commands it sends. */
import {unreachable} from '../../model/assert.js'
import {shortId, type NodeId} from '../../model/node-id.js'
import {SlotSet} from '../../model/slot-set.js'
import {counted, listNames} from '../check/naming.js'
import {DEFAULT_SETTINGS, type Plan, type PlanSettings} from './plan.js'
import type {MoveStep} from './lanes.js'
import {describeMigrateReason} from './migrate-reason.js'
import type {Step, StepOf} from './step.js'

/** How a node is called on a screen: an address, a short id. */
export type NameOf = (id: NodeId) => string

/** By the addresses that the plan itself records; a node that it does not name has its short id. */
export function namesIn(plan: Pick<Plan, 'nodes'>): NameOf {
  const addresses = new Map(plan.nodes.map(({id, address}) => [id, address]))
  return (id) => addresses.get(id) ?? shortId(id)
}

/** Ranges in a sentence; more are counted. */
const RANGES_SHOWN = 3

/** In the imperative, without a full stop: "move 100 slots (0-99) from 10.0.0.1:7001 to 10.0.0.2:7002". */
export function describeStep(step: Step, nameOf: NameOf): string {
  switch (step.kind) {
    case 'set-config':
      return `set ${step.parameter} to ${step.value} on ${nameOf(step.node)}${step.rewrite ? ', for good' : ''}`
    case 'set-config-epoch':
      return `give ${nameOf(step.node)} the config epoch ${step.epoch}`
    case 'add-slots':
      return `give ${describeSlots(step.slots)} to ${nameOf(step.node)}`
    case 'meet':
      return `introduce ${nameOf(step.node)} to ${listNames(step.peers.map(nameOf))}`
    case 'replicate':
      return `make ${nameOf(step.replica)} a replica of ${nameOf(step.primary)}`
    case 'wait-agreement':
      return `wait until ${counted(step.nodes.length, 'node agrees', 'nodes agree')} and accept writes`
    case 'wait-sync':
      return `wait until ${nameOf(step.replica)} is in sync with its primary`
    case 'wait-forgotten':
      return `wait until no node names ${nameOf(step.node)}${step.atItsAddress === true ? ', by whatever id,' : ''} any more`
    case 'copy-functions':
      return `copy the functions of ${nameOf(step.from)} to ${nameOf(step.to)}`
    case 'flush-functions':
      return `remove all functions of ${nameOf(step.node)}`
    case 'move-slots':
      return `${describeLane(step, nameOf)}${step.because === undefined ? '' : ` with MIGRATE (${describeMigrateReason(step.because)})`}`
    case 'migrate-slots':
      return `${describeLane(step, nameOf)} atomically`
    case 'collect-keys':
      return `bring the keys of slot ${step.slot} from ${nameOf(step.source)} to ${nameOf(step.target)}`
    case 'claim-slots':
      return `let ${nameOf(step.node)} claim ${describeSlots(step.slots)}`
    case 'assign-slots':
      return `tell ${nameOf(step.node)} that ${nameOf(step.owner)} owns ${describeSlots(step.slots)}`
    case 'close-slots':
      return `close ${describeSlots(step.slots)} on ${nameOf(step.node)}`
    case 'del-slots':
      return `take ${describeSlots(step.slots)} from ${nameOf(step.node)}`
    case 'forget':
      return `let ${nameOf(step.by)} forget ${nameOf(step.node)}`
    case 'reset':
      return `reset ${nameOf(step.node)} (${step.mode})`
    case 'failover':
      return `make ${nameOf(step.replica)} primary${step.mode === 'normal' ? '' : ` (${step.mode})`}`
    case 'copy-keys':
      return `${step.keep ? 'copy' : 'move'} the keys of database ${step.database} of ${step.from} into the cluster`
    default:
      return unreachable(step)
  }
}

function describeLane({slots, source, target}: MoveStep, nameOf: NameOf): string {
  return `move ${describeSlots(slots)} from ${nameOf(source)} to ${nameOf(target)}`
}

/** "slot 5", "100 slots (0-99)", "5 slots (0 2 4 and 2 more ranges)". */
function describeSlots(text: string): string {
  const slots = SlotSet.parse(text) ?? SlotSet.EMPTY
  if (slots.size === 1) return `slot ${slots}`
  const ranges = slots.toString().split(' ')
  const hidden = ranges.length - RANGES_SHOWN
  const shown = ranges.slice(0, RANGES_SHOWN).join(' ')
  return `${slots.size} slots (${hidden > 0 ? `${shown} and ${counted(hidden, 'more range')}` : shown})`
}

/**
 * The commands, one per line, each behind the name of the node that it is sent to: "10.0.0.1:7001> CLUSTER RESET HARD".
 * A line that begins with "#" says how often. Commands that only look (CLUSTER NODES, INFO) and passwords are left out.
 */
export function explainStep(
  step: Step,
  nameOf: NameOf = (id) => id,
  settings: PlanSettings = DEFAULT_SETTINGS,
): string[] {
  const to = (id: NodeId, command: string): string => `${nameOf(id)}> ${command}`
  switch (step.kind) {
    case 'set-config': {
      const set = to(step.node, `CONFIG SET ${step.parameter} ${step.value}`)
      return step.rewrite ? [set, to(step.node, 'CONFIG REWRITE')] : [set]
    }
    case 'set-config-epoch':
      return [to(step.node, `CLUSTER SET-CONFIG-EPOCH ${step.epoch}`)]
    case 'add-slots':
      return [to(step.node, `CLUSTER ADDSLOTSRANGE ${bounds(step.slots)}`)]
    case 'meet':
      return step.peers.map((peer) => to(step.node, `CLUSTER MEET ${hostAndPort(nameOf(peer))}`))
    case 'replicate':
      return [to(step.replica, `CLUSTER REPLICATE ${step.primary}`)]
    case 'wait-agreement':
      return step.push ? ['# CLUSTER MEET once more where the news is slow to spread'] : []
    case 'wait-sync':
      return []
    case 'wait-forgotten':
      return ['# CLUSTER FORGET once more on a node that learned of it again']
    case 'copy-functions':
      return [to(step.from, 'FUNCTION DUMP'), to(step.to, 'FUNCTION RESTORE <dump> REPLACE')]
    case 'flush-functions':
      return [to(step.node, 'FUNCTION FLUSH')]
    case 'move-slots':
      return explainMove(step, nameOf, settings)
    case 'migrate-slots':
      return explainMigration(step, nameOf)
    case 'collect-keys':
      return explainCollect(step, nameOf, settings)
    case 'claim-slots':
      return explainClaim(step).map((command) => to(step.node, command))
    case 'assign-slots':
      return forEachSlot(step.slots, [to(step.node, `CLUSTER SETSLOT <slot> NODE ${step.owner}`)])
    case 'close-slots':
      return forEachSlot(step.slots, [to(step.node, 'CLUSTER SETSLOT <slot> STABLE')])
    case 'del-slots':
      return forEachSlot(step.slots, [to(step.node, 'CLUSTER DELSLOTS <slot>')])
    case 'forget':
      return [to(step.by, `CLUSTER FORGET ${step.node}`)]
    case 'reset':
      return [to(step.node, `CLUSTER RESET ${step.mode.toUpperCase()}`)]
    case 'failover':
      return [
        to(step.replica, step.mode === 'normal' ? 'CLUSTER FAILOVER' : `CLUSTER FAILOVER ${step.mode.toUpperCase()}`),
      ]
    case 'copy-keys':
      return explainCopy(step, settings)
    default:
      return unreachable(step)
  }
}

/** As in the specification's "Live reconfiguration"; with COPY nothing, with REPLACE what the settings say. */
function explainMove(step: StepOf<'move-slots'>, nameOf: NameOf, settings: PlanSettings): string[] {
  const {slots, source, target, because} = step
  const [from, to] = [nameOf(source), nameOf(target)]
  const reason = because === undefined ? [] : [`# not atomically: ${describeMigrateReason(because)}`]
  return [
    ...reason,
    ...forEachSlot(slots, [
      `${to}> CLUSTER SETSLOT <slot> IMPORTING ${source}`,
      `${from}> CLUSTER SETSLOT <slot> MIGRATING ${target}`,
      `${from}> ${migrate(to, settings)}`,
      `${to}> CLUSTER SETSLOT <slot> NODE ${target}`,
      `${from}> CLUSTER SETSLOT <slot> NODE ${target}`,
      `every other primary> CLUSTER SETSLOT <slot> NODE ${target}`,
    ]),
  ]
}

/** Who is asked, how it is cut, and what happens when it keeps failing. */
function explainMigration({slots, source, target, asks, fallback}: StepOf<'migrate-slots'>, nameOf: NameOf): string[] {
  return [
    fallback === true
      ? '# both ends can move slots whole; with MIGRATE when that fails again and again'
      : '# --atomic: no other way is taken when it fails',
    '# many keys go in several ranges, one after another',
    asks === 'target'
      ? `${nameOf(target)}> CLUSTER MIGRATION IMPORT ${bounds(slots)}`
      : `${nameOf(source)}> CLUSTER MIGRATESLOTS SLOTSRANGE ${bounds(slots)} NODE ${target}`,
  ]
}

function explainCollect(
  {slot, source, target}: StepOf<'collect-keys'>,
  nameOf: NameOf,
  settings: PlanSettings,
): string[] {
  const name = nameOf(source)
  return [
    `${name}> CLUSTER SETSLOT ${slot} IMPORTING ${target}`,
    `${name}> ${migrate(nameOf(target), settings)}`,
    `${name}> CLUSTER SETSLOT ${slot} STABLE`,
  ]
}

function explainClaim({slots}: StepOf<'claim-slots'>): string[] {
  const each = [...(SlotSet.parse(slots) ?? SlotSet.EMPTY)]
  return [
    'MULTI',
    ...each.map((slot) => `CLUSTER DELSLOTS ${slot}`),
    `CLUSTER ADDSLOTS ${each.join(' ')}`,
    'CLUSTER BUMPEPOCH',
    'EXEC',
    ...each.map((slot) => `CLUSTER SETSLOT ${slot} STABLE`),
  ]
}

function explainCopy({from, database, keep}: StepOf<'copy-keys'>, {migrateTimeoutMs, replace}: PlanSettings): string[] {
  const words = [keep ? ' COPY' : '', replace ? ' REPLACE' : ''].join('')
  return [
    `${from}> SELECT ${database}`,
    `${from}> SCAN <cursor>`,
    '# for each batch of keys, to the primary of their slot',
    `${from}> MIGRATE <host> <port> "" 0 ${migrateTimeoutMs}${words} KEYS <key> …`,
  ]
}

function migrate(target: string, {migrateTimeoutMs, replace}: PlanSettings): string {
  return `MIGRATE ${hostAndPort(target)} "" 0 ${migrateTimeoutMs}${replace ? ' REPLACE' : ''} KEYS <key> …`
}

function forEachSlot(slots: string, commands: readonly string[]): string[] {
  return [`# for each slot of ${slots}`, ...commands]
}

/** "0-99 200" as Redis wants ranges: "0 99 200 200". */
function bounds(slots: string): string {
  return (SlotSet.parse(slots) ?? SlotSet.EMPTY).ranges().flat().join(' ')
}

/** "10.0.0.1:7001" as two arguments; a name that is no address stays one word. */
function hostAndPort(name: string): string {
  return name.replace(/^\[?(.+?)\]?:(\d+)$/, '$1 $2')
}
