/** Big keys: as a table under a plan, and one by one as they are met. */
import type {ExecutionEvent} from '../../manager/execute/event.js'
import type {BigKey} from '../../manager/plan/big-keys.js'
import {namesIn, type NameOf} from '../../manager/plan/explain.js'
import type {Plan} from '../../manager/plan/plan.js'
import type {Output} from '../world.js'
import {count, formatBytes, formatCount} from './numbers.js'
import {quoted} from './quoted.js'
import {renderTable} from './table.js'
import type {Theme} from './theme.js'

/** Of so many keys each has a line; more are counted, unless the plan itself is the result. */
const LINES_AT_MOST = 24

/** The one that stalls its nodes longest first. */
export async function renderBigKeys(
  plan: Plan,
  keys: readonly BigKey[],
  output: Output,
  theme: Theme,
  complete: boolean,
): Promise<string> {
  if (keys.length === 0) return `${theme.strong('note')} no big key among those that will move\n`
  const nameOf = namesIn(plan)
  const shown = complete ? keys : keys.slice(0, LINES_AT_MOST)
  const rows = shown.map(({key, slot, node, type, bytes, stallMs}) => {
    return [quoted(key), String(slot), nameOf(node), type, formatBytes(bytes), stallOf(stallMs)]
  })
  const columns = [{head: 'big key'}, {head: 'slot'}, {head: 'node'}, {head: 'type'}, {head: 'size'}, {head: 'stall'}]
  const table = await renderTable(output, theme, columns, rows)
  return shown.length === keys.length ? table : `${table}… and ${count(keys.length - shown.length, 'more big key')}\n`
}

/** What a plan does about keys that it does not know yet; nothing where it does what is usual. */
export function bigKeyNotes({settings, phases}: Plan): string[] {
  const moves = phases.some(({steps}) => steps.some(({kind}) => kind === 'move-slots'))
  if (!moves || settings.bigKeys === undefined) return []
  const {bytes, handling} = settings.bigKeys
  const slots = `slots that hold a key over ${formatBytes(bytes)}`
  if (handling === 'skip') return [`${slots} stay at their source`]
  return handling === 'atomic' ? [`${slots} go atomically, after the others of their lane`] : []
}

/** `big key "user:1" of slot 5 (hash, 12.0 MiB) at 127.0.0.1:7000 will stop it for about 90 ms: it goes last`. */
export function describeBigKey(event: Extract<ExecutionEvent, {kind: 'big-key'}>, nameOf: NameOf): string {
  const {key, slot, type, bytes, source, stallMs, treatment} = event
  const what = `big key ${quoted(Buffer.from(key).toString())} of slot ${slot} (${type}, ${formatBytes(bytes)})`
  const stall = `its move would stop ${nameOf(source)} for about ${stallOf(stallMs)}`
  return `${what}: ${stall}; ${TREATMENTS[treatment]}`
}

const TREATMENTS = {
  last: 'it goes after all others',
  left: 'it stays, with its slot',
  atomic: 'its slot is moved whole',
} as const

function stallOf(ms: number): string {
  return ms < 10_000 ? `${formatCount(ms)} ms` : `${formatCount(ms / 1000)} s`
}
