/** IP addresses as text: CLUSTER MEET takes nothing else, and two spellings of one address must not become two nodes. */

/** The address in its canonical spelling; `undefined` when the text is not an IP address. */
export function canonicalIp(text: string): string | undefined {
  return text.includes(':') ? canonicalIpv6(text) : canonicalIpv4(text)
}

function canonicalIpv4(text: string): string | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const valid = parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
  return valid ? text : undefined
}

function canonicalIpv6(text: string): string | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groupsOf(halves[0]!)
  const tail = halves.length === 2 ? groupsOf(halves[1]!) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  return formatGroups([...head, ...new Array<number>(missing).fill(0), ...tail])
}

/** The 16-bit groups of one side of `::`; an IPv4 address may stand for the last two. */
function groupsOf(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const words = text.split(':')
  for (const [index, word] of words.entries()) {
    if (index === words.length - 1 && word.includes('.')) {
      const ipv4 = canonicalIpv4(word)?.split('.').map(Number)
      if (ipv4 === undefined) return undefined
      groups.push(ipv4[0]! * 256 + ipv4[1]!, ipv4[2]! * 256 + ipv4[3]!)
    } else if (/^[0-9a-f]{1,4}$/i.test(word)) {
      groups.push(parseInt(word, 16))
    } else {
      return undefined
    }
  }
  return groups
}

/** Lower-case hex, the longest run of two or more zero groups as `::`, a mapped IPv4 address in dots (as inet_ntop prints it). */
function formatGroups(groups: readonly number[]): string {
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    const [high, low] = [groups[6]!, groups[7]!]
    return `::ffff:${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
  }
  let runStart = -1
  let runLength = 1
  for (let start = 0; start < groups.length; start++) {
    let end = start
    while (end < groups.length && groups[end] === 0) end++
    if (end - start > runLength) {
      runStart = start
      runLength = end - start
    }
    if (end > start) start = end
  }
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  return runStart < 0 ? hex(0, 8) : `${hex(0, runStart)}::${hex(runStart + runLength, 8)}`
}
