/** INFO. */
import {type Call, type Handlers} from '../server/call.js'
import {
  clientsSection,
  commandStatsSection,
  cpuSection,
  errorStatsSection,
  formatFields,
  keyspaceSection,
  latencyStatsSection,
  memorySection,
  serverSection,
  statsSection,
} from './info-text.js'

/** In the order in which Redis prints them. */
const SECTIONS = [
  'server',
  'clients',
  'memory',
  'persistence',
  'stats',
  'replication',
  'cpu',
  'modules',
  'commandstats',
  'errorstats',
  'latencystats',
  'cluster',
  'keyspace',
] as const
type Section = (typeof SECTIONS)[number]

const ONLY_ON_DEMAND: ReadonlySet<Section> = new Set(['commandstats', 'latencystats'])

function info(call: Call): void {
  call.reply.verbatim(infoText(call, call.argv.slice(1)))
}

/** What INFO prints. @param words sections, or `default`, `all`, `everything`; none: `default` */
export function infoText(call: Call, words: readonly string[]): string {
  const wanted = chosen(words)
  const texts: string[] = []
  for (const section of SECTIONS) {
    if (wanted.has(section)) texts.push(`# ${titleOf(section)}\r\n${textOf(call, section)}`)
  }
  return texts.join('\r\n')
}

function titleOf(section: Section): string {
  return section === 'cpu' ? 'CPU' : `${section[0]!.toUpperCase()}${section.slice(1)}`
}

function chosen(words: readonly string[]): Set<Section> {
  const wanted = new Set<Section>()
  for (const word of words.length === 0 ? ['default'] : words.map((each) => each.toLowerCase())) {
    for (const section of SECTIONS) {
      const isDefault = word === 'default' && !ONLY_ON_DEMAND.has(section)
      // `all` leaves out what modules add, `everything` does not: there are none.
      const isAll = word === 'everything' || (word === 'all' && section !== 'modules')
      if (word === section || isDefault || isAll) wanted.add(section)
    }
  }
  return wanted
}

function textOf({server, commands}: Call, section: Section): string {
  switch (section) {
    case 'server':
      return serverSection(server)
    case 'clients':
      return clientsSection(server)
    case 'memory':
      return memorySection(server)
    case 'stats':
      return statsSection(server)
    case 'cpu':
      return cpuSection(server)
    case 'modules':
      return ''
    case 'commandstats':
      return commandStatsSection(commands)
    case 'errorstats':
      return errorStatsSection(server)
    case 'latencystats':
      return latencyStatsSection(server, commands)
    case 'keyspace':
      return keyspaceSection(server)
    case 'cluster':
      return server.infoSections.get(section)?.() ?? formatFields([['cluster_enabled', server.clusterEnabled ? 1 : 0]])
    case 'persistence':
    case 'replication':
      return server.infoSections.get(section)?.() ?? ''
  }
}

export const infoHandlers: Handlers = {info}
