/** What a terminal shows in the end: text with the cursor movements that dialogues and progress lines use, carried out. */

const ESCAPE = String.fromCharCode(0x1b)
/** CSI sequences, other escapes, and every single character. */
const ITEMS = new RegExp(`${ESCAPE}\\[(?<args>[0-9;?]*)(?<final>[@-~])|${ESCAPE}[^[]|(?<text>[^])`, 'gu')

/** @returns the lines from the first one on, without colours, without spaces at their ends */
export function screenOf(output: string): string[] {
  const screen = new Screen()
  for (const {groups} of output.matchAll(ITEMS)) {
    if (groups?.['text'] !== undefined) screen.write(groups['text'])
    else if (groups?.['final'] !== undefined) screen.control(groups['final'], Number(groups['args']) || 0)
  }
  return screen.lines
}

class Screen {
  readonly #rows: string[][] = [[]]
  #row = 0
  #column = 0

  get lines(): string[] {
    return this.#rows.map((cells) =>
      Array.from(cells, (cell) => cell ?? ' ')
        .join('')
        .trimEnd(),
    )
  }

  write(character: string): void {
    if (character === '\r') this.#column = 0
    else if (character === '\n') {
      this.#row += 1
      if (this.#row === this.#rows.length) this.#rows.push([])
    } else if (character >= ' ') {
      this.#rows[this.#row]![this.#column] = character
      this.#column += 1
    }
  }

  /** @param amount 0 when the sequence says none */
  control(final: string, amount: number): void {
    const steps = Math.max(1, amount)
    if (final === 'A') this.#row = Math.max(0, this.#row - steps)
    else if (final === 'B') this.#row = Math.min(this.#rows.length - 1, this.#row + steps)
    else if (final === 'C') this.#column += steps
    else if (final === 'D') this.#column = Math.max(0, this.#column - steps)
    else if (final === 'G') this.#column = steps - 1
    else if (final === 'K') this.#eraseLine(amount)
    else if (final === 'J') this.#eraseBelow()
  }

  #eraseLine(what: number): void {
    const cells = this.#rows[this.#row]!
    if (what === 2) cells.length = 0
    else if (what === 0) cells.length = Math.min(cells.length, this.#column)
  }

  #eraseBelow(): void {
    this.#eraseLine(0)
    this.#rows.length = this.#row + 1
  }
}
