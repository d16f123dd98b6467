/** The `save` directive: so many changes in so many seconds. */

export interface SavePoint {
  readonly seconds: number
  readonly changes: number
}

/** As CONFIG GET prints it: `3600 1 300 100`; empty for none. */
export function parseSavePoints(text: string): readonly SavePoint[] {
  const numbers = text
    .split(' ')
    .filter((word) => word !== '')
    .map(Number)
  const points: SavePoint[] = []
  for (let at = 0; at + 1 < numbers.length; at += 2) points.push({seconds: numbers[at]!, changes: numbers[at + 1]!})
  return points
}
