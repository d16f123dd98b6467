/** The tables of docs/fault-matrix.md: faults down, commands across, one word in each cell. */
import type {CellReport} from './cell.js'

/** `row` and `fault` to the word of their cell. */
export type Cells = Map<string, Map<string, string>>

/**
 * How it ended, and what it took: `done`; `resume`: stopped half-way, and the command that it named finished it; `undone` and `unchanged`:
 * the same command again is done, or can no longer be meant; `fix`; `…, twice`: the first remedy came before the fault was over;
 * `decide`: keys with two values, for the operator to say which counts.
 */
export function wordOf({ending, remedies}: Pick<CellReport, 'ending' | 'remedies'>): string {
  if (remedies.some((remedy) => remedy.includes('--replace'))) return 'decide'
  const [last] = remedies.slice(-1)
  if (ending === 'done') return last === undefined ? 'done' : 'done, fix'
  if (ending === 'undone' || ending === 'refused') {
    return ending === 'undone' ? 'undone' : 'unchanged'
  }
  const verb = last?.split(' ')[0] ?? 'nothing'
  const times = remedies.filter((remedy) => remedy.startsWith(verb)).length
  return times > 1 ? `${verb}, twice` : verb
}

/** @throws Error when a line is no row of a table */
export function parseTables(markdown: string): Cells {
  const cells: Cells = new Map()
  let commands: string[] = []
  for (const line of markdown.split('\n').filter((each) => each.startsWith('|'))) {
    const [first, ...words] = line
      .split('|')
      .slice(1, -1)
      .map((each) => each.trim())
    if (first === 'fault') commands = words.map((word) => word.replaceAll('`', ''))
    else if (!first!.startsWith('--')) {
      words.forEach((word, index) => {
        const row = cells.get(commands[index]!) ?? new Map<string, string>()
        cells.set(commands[index]!, row.set(first!, word))
      })
    }
  }
  return cells
}

/** @param commandsAtOnce in one table: more would not fit a page */
export function formatTables(
  cells: Cells,
  faults: readonly string[],
  commands: readonly string[],
  commandsAtOnce: number,
): string {
  const tables: string[] = []
  for (let from = 0; from < commands.length; from += commandsAtOnce) {
    const some = commands.slice(from, from + commandsAtOnce)
    const head = `| fault | ${some.map((command) => `\`${command}\``).join(' | ')} |\n|---|${some.map(() => '---|').join('')}\n`
    const lines = faults.map((fault) => {
      return `| ${[fault, ...some.map((command) => cells.get(command)?.get(fault) ?? '')].join(' | ')} |\n`
    })
    tables.push(head + lines.join(''))
  }
  return tables.join('\n')
}
