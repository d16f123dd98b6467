/** What a comparison found, for people. */
import type {DifferingKey, SidesReport} from '../../manager/verify/compare-sides.js'
import type {Output} from '../world.js'
import {count, formatCount} from './numbers.js'
import {quoted} from './quoted.js'
import {renderTable} from './table.js'
import type {Theme} from './theme.js'

/** On a terminal; elsewhere all of them are listed. */
const SLOTS_AT_MOST = 24

/** The verdict first, then the keys by name, then the slots. */
export async function renderSidesReport(
  report: SidesReport,
  a: string,
  b: string,
  output: Output,
  theme: Theme,
): Promise<string> {
  const {keysA, keysB, differing, keys} = report
  const notes = notesOn(report)
    .map((note) => `${theme.strong('note')} ${note}\n`)
    .join('')
  if (differing.length === 0) return `${theme.good('equal')} ${a} and ${b}: ${count(keysB, 'key')}\n${notes}`
  const verdict = `${theme.bad('different')} ${a} (${count(keysA, 'key')}) and ${b} (${count(keysB, 'key')}): ${summary(report)}\n`
  const names = keys.map((key) => `  ${describeKey(key, a, b)}\n`).join('')
  return verdict + names + notes + (await slotTable(report, output, theme))
}

function summary({missingInA, missingInB, different, ttl, differing}: SidesReport): string {
  const parts = [
    [missingInA, 'only in the second'],
    [missingInB, 'only in the first'],
    [different, 'with another value'],
    [ttl, 'with another time to live'],
  ] as const
  const found = parts.filter(([number]) => number > 0).map(([number, what]) => `${formatCount(number)} ${what}`)
  return `${found.join(', ')}; in ${count(differing.length, 'slot')}`
}

function describeKey({key, slot, database, difference}: DifferingKey, a: string, b: string): string {
  const where = database === 0 ? `slot ${slot}` : `slot ${slot}, database ${database}`
  const what = {
    'missing-in-a': `only in ${b}`,
    'missing-in-b': `only in ${a}`,
    different: 'has another value',
    ttl: 'has another time to live',
  }[difference]
  return `${quoted(key)} (${where}) ${what}`
}

function notesOn({expired, unread}: SidesReport): string[] {
  return [
    ...(expired > 0 ? [`${count(expired, 'key')} expired meanwhile`] : []),
    ...(unread > 0 ? [`${count(unread, 'key')} could not be read: whether their values are equal cannot be told`] : []),
  ]
}

async function slotTable({differing}: SidesReport, output: Output, theme: Theme): Promise<string> {
  const columns = ['slot', 'keys a', 'keys b', 'not in a', 'not in b', 'other value', 'other ttl'].map((head) => {
    return {head, align: 'right'} as const
  })
  const shown = output.isTerminal ? differing.slice(0, SLOTS_AT_MOST) : differing
  const rows = shown.map(({slot, keysA, keysB, missingInA, missingInB, different, ttl}) =>
    [slot, keysA, keysB, missingInA, missingInB, different, ttl].map(String),
  )
  const table = await renderTable(output, theme, columns, rows)
  const left = differing.length - shown.length
  return left === 0 ? table : `${table}… and ${count(left, 'more slot')}: --json lists all\n`
}
