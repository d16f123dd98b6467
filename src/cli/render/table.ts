/** Rows and columns: drawn with cli-table3 (loaded only then) on a terminal, aligned and bare for grep and awk elsewhere. */
import {stripVTControlCharacters} from 'node:util'
import type {Output} from '../world.js'
import type {Theme} from './theme.js'

export interface Column {
  readonly head: string
  readonly align?: 'right'
}

export async function renderTable(
  output: Output,
  theme: Theme,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): Promise<string> {
  return output.isTerminal ? drawn(output.columns, theme, columns, rows) : bare(columns, rows)
}

/** A table wider than the terminal breaks the lines of its last column: nothing is cut off. */
async function drawn(
  width: number,
  theme: Theme,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): Promise<string> {
  const {default: Table} = await import('cli-table3')
  const table = new Table({
    head: columns.map(({head}) => theme.strong(head)),
    colAligns: columns.map(({align}) => align ?? 'left'),
    style: {head: [], border: [], compact: true},
    ...fitted(width, columns, rows),
  })
  table.push(...rows.map((row) => [...row]))
  return `${table.toString()}\n`
}

const NARROWEST = 20
const PADDING = 3

function fitted(
  width: number,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): {colWidths?: (number | null)[]; wordWrap?: boolean} {
  const widths = columns.map(({head}, index) =>
    Math.max(head.length, ...rows.map((row) => stripVTControlCharacters(row[index] ?? '').length)),
  )
  const others = widths.slice(0, -1).reduce((sum, each) => sum + each + PADDING, 1)
  const left = width - others - PADDING
  if (widths.at(-1)! <= left || left < NARROWEST) return {}
  return {colWidths: [...widths.slice(0, -1).map(() => null), left + 2], wordWrap: true}
}

/** Two spaces between columns, nothing cut off, no space at a line's end. */
function bare(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({head}) => head.toUpperCase()), ...rows]
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => (line[index] ?? '').length)))
  const cell = (text: string, index: number): string =>
    columns[index]?.align === 'right' ? text.padStart(widths[index]!) : text.padEnd(widths[index]!)
  return lines.map((line) => `${line.map(cell).join('  ').trimEnd()}\n`).join('')
}
