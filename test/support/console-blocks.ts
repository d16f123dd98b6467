/** Terminal sessions in Markdown: ```console blocks of `$ command` lines, each followed by what it printed. */

export interface ConsoleCommand {
  /** Without the `$ `. */
  readonly line: string
  readonly output: string
}

const BLOCK = /^```console\n([\s\S]*?)^```$/gm

/** All commands of all blocks, in order. */
export function consoleCommands(markdown: string): ConsoleCommand[] {
  return [...markdown.matchAll(BLOCK)].flatMap(([, body]) => commandsOf(body!))
}

/** The same text with new outputs, one for each command. */
export function withOutputs(markdown: string, outputs: readonly string[]): string {
  const left = [...outputs]
  return markdown.replaceAll(BLOCK, (_, body: string) => {
    const commands = commandsOf(body).map(({line}) => `$ ${line}\n${left.shift()!}`.trimEnd() + '\n')
    return `\`\`\`console\n${commands.join('')}\`\`\``
  })
}

function commandsOf(body: string): ConsoleCommand[] {
  return body
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [line = '', ...output] = part.split('\n')
      return {line, output: output.join('\n')}
    })
}
