/** Journals by what an operator calls them: an id or its beginning, an address of the cluster, a file, or nothing at all. */
import {readFileSync} from 'node:fs'
import {formatAddress, parseAddress, type Address} from '../../model/address.js'
import {parseClusterNodes} from '../../model/cluster-nodes.js'
import type {NodeId} from '../../model/node-id.js'
import {isManagerError, ManagerError} from '../../manager/error.js'
import {parseJournal, type Journal} from '../../manager/execute/journal/lines.js'
import {standingOf, type Standing} from '../../manager/execute/journal/standing.js'
import type {NodePool} from '../../manager/ports.js'
import type {World} from '../world.js'
import {JournalFolder, readEntry, type JournalEntry} from './journal-folder.js'
import {shortOperation} from './keep.js'
import {isHere, runsStill} from './process-mark.js'

export interface FoundOperation extends JournalEntry {
  readonly standing: Standing
}

/** Whole, with its plan. */
export interface OpenedJournal extends FoundOperation {
  readonly journal: Journal
}

export function withStanding(entry: JournalEntry): FoundOperation {
  return {...entry, standing: standingOf(entry, runsStill)}
}

/** Those that wait to be continued, the oldest first. */
export function unfinishedOperations(env: World['env']): FoundOperation[] {
  return new JournalFolder(env)
    .list('not-ended')
    .map(withStanding)
    .filter(({standing}) => standing.isUnfinished)
}

/** @throws ManagerError `io` or `usage` when it is no journal */
export function openJournal({file}: Pick<JournalEntry, 'file'>): OpenedJournal {
  const parsed = parseJournal(read(file))
  if (!parsed.ok) throw new ManagerError('usage', `${file} cannot be used: ${parsed.problem}`, {hint: REPAIR})
  const {journal} = parsed
  return {...withStanding({file, head: journal.head, progress: journal.progress}), journal}
}

const REPAIR = 'without a journal, `tscluster fix` works from the cluster alone'

/**
 * @param word an id, its beginning, or `host:port`; undefined: the only unfinished one
 * @throws ManagerError `usage` when none or several answer to it, `refused` when it runs, or nothing is left of it
 */
export function findOperation(word: string | undefined, file: string | undefined, env: World['env']): OpenedJournal {
  const found = file === undefined ? choose(candidates(word, env), word, env) : fileEntry(file)
  const opened = openJournal(found)
  const {head, standing} = opened
  const name = `${head.operation} ${shortOperation(head.id)}`
  if (standing.state === 'running' && standing.run !== undefined && isHere(standing.run)) {
    throw new ManagerError('refused', `${name} still runs (pid ${standing.run.pid})`, {
      hint: 'wait for it, or stop it with Ctrl-C first',
    })
  }
  if (standing.isUnfinished || standing.state === 'running') return opened
  throw new ManagerError('refused', `nothing is left of ${name}: it is ${standing.state}`, {
    hint: '`tscluster operations` lists what is known',
  })
}

/** Unfinished operations on the cluster that is entered by one of these addresses. */
export async function unfinishedOn(
  pool: NodePool,
  addresses: readonly Address[],
  env: World['env'],
): Promise<OpenedJournal[]> {
  const unfinished = readable(unfinishedOperations(env))
  if (unfinished.length === 0) return []
  const ids = await idsAt(pool, addresses)
  return unfinished.filter(({journal: {plan}}) => plan.nodes.some(({id}) => ids.has(id)))
}

function candidates(word: string | undefined, env: World['env']): JournalEntry[] {
  const folder = new JournalFolder(env)
  if (word === undefined) return unfinishedOperations(env)
  const address = parseAddress(word)
  if (address === undefined) return folder.list('all').filter(({head}) => head.id.startsWith(word.toLowerCase()))
  const name = formatAddress(address)
  return readable(unfinishedOperations(env)).filter(
    ({head, journal: {plan}}) => head.entry === name || plan.nodes.some((node) => node.address === name),
  )
}

/** One that cannot be used, of a later version perhaps, is in nobody's way: `operations` lists it, and `resume ID` says why. */
function readable(found: readonly FoundOperation[]): OpenedJournal[] {
  return found.flatMap((each) => {
    try {
      return [openJournal(each)]
    } catch (error) {
      if (isManagerError(error)) return []
      throw error
    }
  })
}

function choose(found: readonly JournalEntry[], word: string | undefined, env: World['env']): JournalEntry {
  const [first, ...others] = found
  const which = word === undefined ? 'operation is unfinished' : `operation is known as ${word}`
  if (first === undefined) {
    throw new ManagerError('usage', `no ${which}${butForUnreadable(env)}`, {
      hint: `\`tscluster operations\` lists what is known; ${REPAIR}`,
    })
  }
  if (others.length === 0) return first
  const names = found.map(({head}) => `${shortOperation(head.id)} (${head.operation} ${head.entry})`)
  throw new ManagerError('usage', `more than one ${which}: ${names.join(', ')}`, {hint: 'name one by its id'})
}

/** What it may have been that is looked for, nobody can tell any more. */
function butForUnreadable(env: World['env']): string {
  const files = new JournalFolder(env).unreadable
  return files.length === 0 ? '' : `, but for what cannot be read: ${files.join(', ')} (remove it when all is in order)`
}

function fileEntry(file: string): JournalEntry {
  read(file)
  const entry = readEntry(file)
  if (entry !== undefined) return entry
  throw new ManagerError('usage', `${file} is no journal`, {hint: REPAIR})
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new ManagerError('io', `cannot read the journal: ${error instanceof Error ? error.message : String(error)}`, {
      hint: REPAIR,
    })
  }
}

/** Of every node that the first of them knows that answers, itself included; of newcomers, which know nobody, each its own. */
async function idsAt(pool: NodePool, addresses: readonly Address[]): Promise<ReadonlySet<NodeId>> {
  const accounts = await Promise.all(
    addresses.map(async (address) => {
      try {
        const node = await pool.connect(address)
        return parseClusterNodes(String(await node.call(['CLUSTER', 'NODES']))) ?? []
      } catch {
        // Whoever works on the cluster afterwards says what is wrong with it.
        return []
      }
    }),
  )
  return new Set(accounts.flat().map(({id}) => id))
}
