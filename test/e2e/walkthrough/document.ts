/** docs/walkthrough.md out of the story and what its commands printed, and what must be equal in it from run to run. */
import {type Chapter} from './story.js'

/** One command, as it was typed and as it answered. */
export interface Played {
  readonly line: string
  readonly output: string
}

const WIDTH = 130

export function sectionOf({title, steps}: Chapter, played: readonly Played[]): string {
  const parts = [`## ${title}\n`]
  steps.forEach(({why}, index) => {
    const {line, output} = played[index]!
    const command = `$ ${line.replaceAll('\n', '\n> ')}\n${output}`
    if (why !== undefined || index === 0) {
      const prose = why === undefined ? '' : `\n${wrapped(why)}\n`
      parts.push(`${prose}\n\`\`\`console\n${command}\`\`\`\n`)
    } else {
      const before = parts.pop()!
      parts.push(`${before.slice(0, -'```\n'.length)}${command}\`\`\`\n`)
    }
  })
  return parts.join('')
}

/** The section of that title as it stands in the document; empty where there is none. */
export function sectionIn(document: string, title: string): string {
  const [, ...sections] = document.split(/^(?=## )/m)
  return (
    sections
      .find((section) => section.startsWith(`## ${title}\n`))
      ?.trimEnd()
      .concat('\n') ?? ''
  )
}

/** Paragraphs are kept apart by empty lines; lists and tables stay as they are. */
export function wrapped(text: string): string {
  return text
    .split('\n\n')
    .map((paragraph) => (/^[-|]/.test(paragraph) ? paragraph : wrapParagraph(paragraph)))
    .join('\n\n')
}

function wrapParagraph(text: string): string {
  const lines: string[] = []
  for (const word of text.trim().split(/\s+/)) {
    const longer = `${lines.at(-1) ?? ''} ${word}`
    if (lines.length > 0 && longer.length <= WIDTH) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines.join('\n')
}

/**
 * Without what differs from run to run: ids, times, what slow machines tell of their progress, widths that hang on the length of a
 * port, and epochs beyond those that were given by hand: how many collisions a node has settled is a matter of timing.
 */
export function comparable(text: string): string {
  return (
    text
      .split('\n')
      .filter((line) => !/^(move slots|wait until all agree|wait until it is forgotten): /.test(line))
      .join('\n')
      .replace(/\b[0-9a-f]{40}\b|\b[0-9a-f]{8}\b/g, '<id>')
      .replace(/\b\d+(\.\d+)? s\b/g, '<time>')
      .replace(/ (0|\d{13}) (0|\d{13}) (\d+) (dis)?connected/g, ' <ping> <pong> $3 <link>')
      .replace(/ ([7-9]|\d{2,}) <link>/g, ' <epoch> <link>')
      .replace(/(currentEpoch|lastVoteEpoch) ([7-9]|\d{2,})\b/g, '$1 <epoch>')
      // A node without slots counts itself for its first two seconds, as Redis does.
      .replace(/cluster_size:[01]\b/g, 'cluster_size:<none>')
      .replace(/─+/g, '─')
      .replace(/ {2,}/g, '  ')
      .replace(/ +$/gm, '')
  )
}
