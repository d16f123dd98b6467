/** What is printed for a slot that has moved. */

/** `Moving slot S from H:P to H:P: ....` with a dot for each key, and the line end. */
export function movedLine(slot: number, source: string, target: string, keys: number): string {
  return `Moving slot ${slot} from ${source} to ${target}: ${'.'.repeat(keys)}\n`
}
