/** docs/fault-matrix.md: what is played is compared with what stands there, or, with UPDATE=1, written there. */
import {readFileSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {PROJECT_ROOT} from '../../support/project-root.js'
import {formatTables, parseTables, type Cells} from './table.js'

const FILE = path.join(PROJECT_ROOT, 'docs', 'fault-matrix.md')
const BEGIN = '<!-- the matrix -->'
const COMMANDS_AT_ONCE = 8

export const IS_UPDATE = process.env['UPDATE'] === '1'

export function readCells(): Cells {
  return parseTables(tablesIn(readFileSync(FILE, 'utf8')))
}

/** Only the cells that were played; the others stay as they are. */
export function writeCells(played: Cells, faults: readonly string[], commands: readonly string[]): void {
  const text = readFileSync(FILE, 'utf8')
  const cells = parseTables(tablesIn(text))
  for (const [command, words] of played) {
    const known = cells.get(command) ?? new Map<string, string>()
    for (const [fault, word] of words) known.set(fault, word)
    cells.set(command, known)
  }
  const head = text.slice(0, text.indexOf(BEGIN) + BEGIN.length)
  writeFileSync(FILE, `${head}\n\n${formatTables(cells, faults, commands, COMMANDS_AT_ONCE)}`)
}

function tablesIn(text: string): string {
  return text.slice(text.indexOf(BEGIN))
}
