/** From redis-cli's command line to its exit code. */
import {ManagerError, toManagerError} from '../../manager/error.js'
import type {NodePool, SnapshotReader} from '../../manager/ports.js'
import {openPool, type ConnectionOptions} from '../connection.js'
import {EXIT} from '../exit-code.js'
import {Interruption} from '../interruption.js'
import type {JournalPolicy} from '../journal/keep.js'
import {shownCommand} from '../journal/shown-command.js'
import type {World} from '../world.js'
import {parseArguments} from './arguments.js'
import {Questions, type Dialogue, type Verdict} from './dialogue.js'
import {printFailure} from './failures.js'
import {readWholeInput} from './input.js'
import type {Invocation} from './invocation.js'
import {Printer} from './printer.js'
import {flavourFor, wordsOf, type Words} from './words.js'

type Subcommand = (dialogue: Dialogue) => Promise<Verdict>

interface Entry {
  /** How many words it takes. */
  readonly least: number
  readonly most: number
  readonly load: () => Promise<Subcommand>
}

const SUBCOMMANDS: ReadonlyMap<string, Entry> = new Map([
  ['create', {least: 1, most: Infinity, load: async () => (await import('./create.js')).create}],
  ['check', {least: 1, most: Infinity, load: async () => (await import('./check.js')).check}],
  ['info', {least: 1, most: Infinity, load: async () => (await import('./info.js')).info}],
  ['fix', {least: 1, most: Infinity, load: async () => (await import('./fix.js')).fix}],
  ['reshard', {least: 1, most: Infinity, load: async () => (await import('./reshard.js')).reshard}],
  ['rebalance', {least: 1, most: Infinity, load: async () => (await import('./rebalance.js')).rebalance}],
  ['add-node', {least: 2, most: 2, load: async () => (await import('./add-node.js')).addNode}],
  ['del-node', {least: 2, most: 2, load: async () => (await import('./del-node.js')).delNode}],
  ['call', {least: 2, most: Infinity, load: async () => (await import('./call.js')).call}],
  ['set-timeout', {least: 2, most: 2, load: async () => (await import('./set-timeout.js')).setTimeout}],
  ['import', {least: 1, most: 1, load: async () => (await import('./import.js')).importKeys}],
  ['backup', {least: 2, most: 2, load: async () => (await import('./backup.js')).backup}],
  ['help', {least: 0, most: Infinity, load: async () => (await import('./help.js')).help}],
])

/**
 * Never throws for what the operator, the nodes or the network do.
 * @param argv redis-cli's arguments
 * @param program the path by which we were called: the flavour of the words may hang on it
 * @returns 0 or 1, or 130 after an interruption
 */
export async function runRedisCli(argv: readonly string[], program: string, world: World): Promise<number> {
  const words = wordsOf(flavourFor(program, world.env))
  const print = new Printer(world)
  try {
    const parsed = parseArguments(argv, world.env)
    if (parsed.kind === 'run') {
      // What redis-cli does without a journal is not refused for want of one.
      const journal: JournalPolicy = {command: shownCommand(argv), file: undefined, isRequired: false}
      return await runInvocation(parsed.invocation, journal, words, print, world)
    }
    const {usageText} = await import('./help.js')
    ;(parsed.asked ? world.stdout : world.stderr).write(usageText(words))
    return parsed.asked ? EXIT.done : EXIT.failed
  } catch (thrown) {
    const error = toManagerError(thrown)
    if (world.env['DEBUG'] !== undefined && thrown instanceof Error) world.stderr.write(`${thrown.stack}\n`)
    if (error.code === 'interrupted') return EXIT.interrupted
    printFailure(error, print, words)
    return EXIT.failed
  }
}

async function runInvocation(
  asTyped: Invocation,
  journal: JournalPolicy,
  words: Words,
  print: Printer,
  world: World,
): Promise<Verdict> {
  if (asTyped.warnAboutPassword) print.complain((await import('../base-command.js')).PASSWORD_WARNING)
  const invocation = await withWordsFromInput(asTyped, world)
  const subcommand = await findSubcommand(invocation)
  const questions = new Questions(world, print, invocation.cluster.yes)
  const interruption = new Interruption((message) => print.complain(message))
  const pools: NodePool[] = []
  const open = async (options: ConnectionOptions): Promise<NodePool & SnapshotReader> => {
    const pool = await openPool(options)
    pools.push(pool)
    return pool
  }
  interruption.listen()
  try {
    const password = invocation.askpass
      ? await questions.secret('Please input password')
      : invocation.connection.password
    const pool = await open({...invocation.connection, password})
    return await subcommand({invocation, world, words, print, questions, interruption, journal, pool, openPool: open})
  } finally {
    interruption.ignore()
    for (const pool of pools) pool.close()
  }
}

/** @throws ManagerError `usage` for an unknown name and for too few or too many words */
function findSubcommand({subcommand, words}: Invocation): Promise<Subcommand> {
  const entry = SUBCOMMANDS.get(subcommand)
  if (entry === undefined) throw new ManagerError('usage', 'Unknown --cluster subcommand')
  if (words.length >= entry.least && words.length <= entry.most) return entry.load()
  throw new ManagerError('usage', '[ERR] Wrong number of arguments for specified --cluster sub command')
}

/** `-x` appends standard input as one more word, `-X TAG` puts it in the place of TAG. */
async function withWordsFromInput(invocation: Invocation, world: World): Promise<Invocation> {
  const {words, inputTag, lastWordFromInput} = invocation
  if (inputTag !== undefined) {
    const at = words.indexOf(inputTag)
    if (at < 0) throw new ManagerError('usage', 'Using -X option but stdin tag not match.')
    return {...invocation, words: words.with(at, await readWholeInput(world))}
  }
  return lastWordFromInput ? {...invocation, words: [...words, await readWholeInput(world)]} : invocation
}
