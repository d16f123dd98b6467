/** What `fix` found and what it would do about it, as data: for people, for JSON and for redis-cli's wording alike. */
import type {Finding} from '../check/finding.js'
import type {NodeId} from '../../model/node-id.js'
import {SlotSet} from '../../model/slot-set.js'
import type {Step} from './step.js'

/** The situation. The names that begin with `case-` and `uncovered-` are redis-cli's own cases. */
export type FixCase =
  | 'case-1' // migrating here, importing there: the move is finished
  | 'case-2' // importing without a migrating owner: keys go to the owner, the slot is closed
  | 'case-3-move' // several import, without keys: the recorded target gets the slot, the others close it
  | 'case-3-close' // several import, without keys, none is the recorded target: all close it
  | 'case-4' // migrating to nobody who knows of it, or by a node that serves it no more: closed
  | 'many-sided' // more markers or keys than one move explains; redis-cli gives up
  | 'no-owner' // open and claimed by nobody: who has most keys gets it
  | 'several-owners' // claimed by several: the highest config epoch keeps it
  | 'stray-keys' // keys on a node that neither serves nor imports their slot
  | 'uncovered-no-keys'
  | 'uncovered-one-node' // one node has keys of it
  | 'uncovered-several-nodes'
  | 'dead-primary-replica' // its owner is dead, and has a replica that answers
  | 'dead-primary' // its owner is dead, without a replica
  | 'stale-account' // one node remembers an owner that gossip cannot correct
  | 'agreement' // accounts differ, and gossip will settle it
  | 'stale-marker' // a replica's marker that its primary does not have (Valkey 8 and later)
  | 'ghost'

export interface Withheld {
  /** Stable, as in Finding: the code of the refusal when nothing else can be done. */
  readonly code:
    'needs-unreachable-primaries' | 'needs-accept-data-loss' | 'primary-alive' | 'cluster-down-for-now' | 'nodes-apart'
  /** What is missing, and how to supply it. */
  readonly reason: string
}

export interface FixAction {
  /** In the imperative: "finish moving slot 5 from 10.0.0.1:7001 to 10.0.0.2:7002". */
  readonly title: string
  readonly case: FixCase
  /** `lossy`: keys may be lost for good. */
  readonly effect: 'lossless' | 'lossy'
  /** Keys that would be lost; `null` when nobody can tell. 0 for a lossless action. */
  readonly keysAtStake: number | null
  /** Keys that change their node, as far as they were counted. */
  readonly keysMoved: number
  /** As in "0-5460 6000"; '' when the action is not about slots. */
  readonly slots: string
  /** Who gives slots or keys away; `null` when nobody in particular does. */
  readonly source: NodeId | null
  /** Who serves the slots afterwards; `null` when the action does not change or name an owner. */
  readonly owner: NodeId | null
  /** In the order in which they are carried out. */
  readonly steps: readonly Step[]
  /** Why the action is not part of the plan; `null` when it is. */
  readonly withheld: Withheld | null
}

export interface Diagnosis {
  readonly finding: Finding
  /** `null`: nothing that `fix` could do. */
  readonly action: FixAction | null
}

/** An action and the findings that it answers. */
export interface Remedy {
  readonly action: FixAction
  readonly codes: readonly string[]
  /** Only findings about these nodes or about no node; empty: about any. */
  readonly nodes: readonly NodeId[]
}

type ActionParts = Pick<FixAction, 'title' | 'case' | 'steps'> & Partial<FixAction>

export function lossless(parts: ActionParts): FixAction {
  return {
    effect: 'lossless',
    keysAtStake: 0,
    keysMoved: 0,
    slots: '',
    source: null,
    owner: null,
    withheld: null,
    ...parts,
  }
}

/**
 * Every remedy with the first finding that it answers, then the errors that none answers. A node that refuses clients only
 * because of what is repaired anyway is not told twice.
 */
export function diagnose(findings: readonly Finding[], remedies: readonly Remedy[]): Diagnosis[] {
  const answered = new Set<Finding>()
  const treated = remedies.flatMap((remedy): Diagnosis[] => {
    const all = findings.filter((finding) => answers(remedy, finding))
    // Waiting is worth a word only where nothing else is done about it.
    const matches = remedy.action.case === 'agreement' ? all.filter((finding) => !answered.has(finding)) : all
    for (const match of matches) answered.add(match)
    return matches[0] === undefined ? [] : [{finding: matches[0], action: remedy.action}]
  })
  const untreated = findings
    .filter((finding) => finding.severity === 'error' && !answered.has(finding))
    .filter(({code}) => code !== 'cluster-down' || treated.length === 0)
  return [...treated, ...untreated.map((finding): Diagnosis => ({finding, action: null}))]
}

function answers({action, codes, nodes}: Remedy, finding: Finding): boolean {
  if (!codes.includes(finding.code)) return false
  if (finding.node !== null && nodes.length > 0 && !nodes.includes(finding.node.id)) return false
  if (finding.slots === '' || action.slots === '') return true
  return readSlots(finding.slots).intersection(readSlots(action.slots)).size > 0
}

/** Slots that we have printed ourselves. */
export function readSlots(text: string): SlotSet {
  return SlotSet.parse(text) ?? SlotSet.EMPTY
}
