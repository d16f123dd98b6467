/** JSON in Markdown that says which command printed it: an HTML comment with the command line, then a ```json block. */

export interface JsonExample {
  readonly line: string
  /** The block holds events, one a line, instead of one document. */
  readonly events: boolean
  readonly text: string
}

const EXAMPLE = /^<!-- (events: )?(tscluster .*) -->\n```json\n([\s\S]*?)^```$/gm

export function jsonExamples(markdown: string): JsonExample[] {
  return [...markdown.matchAll(EXAMPLE)].map(([, events, line, text]) => ({
    line: line!,
    events: events !== undefined,
    text: text!,
  }))
}

/** The same text with new examples, in their order. */
export function withExamples(markdown: string, texts: readonly string[]): string {
  const left = [...texts]
  return markdown.replaceAll(EXAMPLE, (whole, _events, _line, text: string) =>
    whole.replace(`\`\`\`json\n${text}`, () => `\`\`\`json\n${left.shift()!}`),
  )
}

/** Every list cut after its first entry. */
export function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shortened)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, shortened(each)]))
}

/** Each event's first occurrence, by its kind. */
export function firstOfEachKind(lines: string): object[] {
  const first = new Map<string, object>()
  for (const line of lines.split('\n').filter((each) => each.startsWith('{'))) {
    const event = JSON.parse(line) as {readonly kind?: string}
    // The last line is the result.
    if (event.kind === undefined) continue
    if (!first.has(event.kind)) first.set(event.kind, event)
  }
  return [...first.values()]
}

/** Names and types without values; one line a field, so that a difference reads well. */
export function shapeOf(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return [`${at}[]`, ...value.flatMap((each) => shapeOf(each, `${at}[]`))]
  if (typeof value !== 'object' || value === null) return [`${at}: ${value === null ? 'null' : typeof value}`]
  return Object.entries(value).flatMap(([name, each]) => shapeOf(each, `${at}.${name}`))
}
