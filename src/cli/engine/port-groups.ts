/** Groups of ports as operators type them: `7000,7001 7002`, `'7000,7001 | 7002'`, and how they are shown. */
import {usage} from '../flags.js'
import {parsePorts} from './flags.js'

/**
 * A word is a group; where a bar (or a slash, which needs no quotes) stands, that alone divides.
 * @throws ManagerError `usage` for what is no port, for a port that is in two groups, and for an empty group
 */
export function parseGroups(words: readonly string[]): number[][] {
  const text = words.join(' ')
  const parts = /[|/]/.test(text) ? text.split(/[|/]/) : words
  const groups = parts.map((part) => parsePorts(part.split(/\s+/).filter((word) => word !== '')))
  if (groups.some((group) => group.length === 0)) {
    throw usage('a group of the partition has no nodes', 'write 7000,7001 7002 or "7000,7001 | 7002"')
  }
  const ports = groups.flat()
  const twice = ports.find((port, place) => ports.indexOf(port) !== place)
  if (twice !== undefined) throw usage(`port ${twice} is in two groups`, 'a node is on one side only')
  return groups
}

/** `7000-7002 7005`: as they can be typed again. */
export function formatPorts(ports: readonly number[]): string {
  const sorted = [...ports].sort((a, b) => a - b)
  const parts: string[] = []
  for (let first = 0; first < sorted.length;) {
    let last = first
    while (sorted[last + 1] === sorted[last]! + 1) last++
    parts.push(last > first ? `${sorted[first]}-${sorted[last]}` : String(sorted[first]))
    first = last + 1
  }
  return parts.join(' ')
}

/** `7000-7001 | 7002` */
export function formatGroups(groups: readonly (readonly number[])[]): string {
  return groups.map(formatPorts).join(' | ')
}
