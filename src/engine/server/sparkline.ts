/** A row of numbers as a small drawing of characters: LATENCY GRAPH. */

export interface SparkPoint {
  readonly value: number
  /** Written downwards below the column. */
  readonly label: string
}

const LEVELS = '_o#'
const ROWS = 4
const COLUMNS = 80

/** Columns of four rows, each three levels high and filled below, then the labels. Source: the look of Redis' sparklines. */
export function drawSparkline(points: readonly SparkPoint[]): string {
  const values = points.map(({value}) => value)
  const low = Math.min(...values)
  const range = Math.max(...values) - low || 1
  let text = ''
  for (let from = 0; from < points.length; from += COLUMNS) {
    if (from > 0) text += '\n'
    text += drawBlock(points.slice(from, from + COLUMNS), low, range)
  }
  return text
}

function drawBlock(points: readonly SparkPoint[], low: number, range: number): string {
  const steps = LEVELS.length * ROWS
  const heights = points.map(({value}) => Math.min(steps - 1, Math.floor(((value - low) * steps) / range)))
  const rows: string[] = []
  for (let row = 0; row < ROWS; row++) {
    const base = (ROWS - row - 1) * LEVELS.length
    rows.push(heights.map((height) => (height < base ? ' ' : (LEVELS[height - base] ?? '|'))).join(''))
  }
  const labelRows = Math.max(0, ...points.map(({label}) => label.length))
  if (labelRows > 0) rows.push(' '.repeat(points.length))
  for (let row = 0; row < labelRows; row++) rows.push(points.map(({label}) => label[row] ?? ' ').join(''))
  return `${rows.join('\n')}\n`
}
