/**
 * Fills in `<%= config.bin %>` and its like: the only templates in our help texts. The bundle puts this in the place of ejs, whose
 * compiler takes longer than all the rest of a help page (scripts/bundle.js).
 */

const PLACEHOLDER = /<%=\s*([\w.]+)\s*%>/g

/** @param context what the names lead into @throws TypeError when a name leads nowhere */
export function render(template: string, context: object): string {
  return template.replace(PLACEHOLDER, (placeholder, path: string) => {
    const value = path.split('.').reduce<unknown>(property, context)
    if (typeof value !== 'string') throw new TypeError(`nothing is known of ${placeholder} in a help text`)
    return value
  })
}

function property(holder: unknown, name: string): unknown {
  return typeof holder === 'object' && holder !== null ? (holder as Readonly<Record<string, unknown>>)[name] : undefined
}

/** As ejs is imported. */
export default {render}
