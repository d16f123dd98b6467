/**
 * `key:value` lines, as INFO and CLUSTER INFO give them. Of some two hundred a look at a node wants fifteen: each is found when
 * it is asked for.
 */
export class FieldLines {
  readonly #text: string

  constructor(text: string) {
    this.#text = `\n${text}`
  }

  get(field: string): string | undefined {
    const at = this.#text.indexOf(`\n${field}:`)
    if (at < 0) return undefined
    const start = at + field.length + 2
    const newline = this.#text.indexOf('\n', start)
    return this.#text.slice(start, newline < 0 ? undefined : newline).trimEnd()
  }

  /** The lines of this shape. @param pattern with the flags `g` and `m` */
  matching(pattern: RegExp): Iterable<RegExpMatchArray> {
    return this.#text.matchAll(pattern)
  }
}
