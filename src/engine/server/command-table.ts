/** The lookup table of a node: every family's facts joined with its handlers; an unsound row stops the start. */
import {assert} from '../../model/assert.js'
import {type Bytes} from '../ports.js'
import {isRealKey, type KeySpec} from './key-spec.js'
import {type CommandFacts, type SpecOf} from './spec.js'

/** One family: the facts of a group of commands, and the handlers of those that we have. */
export interface FamilyOf<C> {
  readonly group: string
  readonly facts: readonly CommandFacts[]
  /** By name; a subcommand's is `config|get`. A container command needs none. */
  readonly handlers: Readonly<Record<string, (call: C) => void>>
}

export class TableOf<C extends {readonly spec: SpecOf<C>; readonly reply: {error(text: string): void}}> {
  readonly #byName = new Map<Bytes, SpecOf<C>>()
  /** Every spelling that was asked for (`GET`, `Get`): so that only the first use of one lowers its case. */
  readonly #bySpelling = new Map<Bytes, SpecOf<C>>()

  constructor(families: readonly FamilyOf<C>[]) {
    for (const family of families) this.#add(family)
  }

  /** Every command by name, subcommands within. */
  get all(): Iterable<SpecOf<C>> {
    return this.#byName.values()
  }

  get size(): number {
    return this.#byName.size
  }

  find(name: Bytes): SpecOf<C> | undefined {
    const known = this.#bySpelling.get(name)
    if (known !== undefined) return known
    const spec = this.#byName.get(name.toLowerCase())
    if (spec !== undefined && name.length <= 32) this.#bySpelling.set(name, spec)
    return spec
  }

  /** `rename-command`: the command is found by another name from now on, or by none. What it tells of itself stays. */
  rename(from: Bytes, to: Bytes): void {
    const spec = this.#byName.get(from)
    if (spec === undefined) return
    this.#byName.delete(from)
    if (to !== '') this.#byName.set(to, spec)
  }

  /** A subcommand of a container, whatever its case. */
  findSubcommand(container: SpecOf<C>, word: Bytes): SpecOf<C> | undefined {
    return container.subcommands?.get(word.toLowerCase())
  }

  #add({group, facts, handlers}: FamilyOf<C>): void {
    const used = new Set<string>()
    for (const each of facts) {
      const spec = makeSpec(each, group, handlers, '', used, containerAlone)
      if (spec === undefined) continue
      assert(!this.#byName.has(each.name), `the command ${each.name} is there twice`)
      this.#byName.set(each.name, spec)
    }
    for (const name of Object.keys(handlers)) assert(used.has(name), `the handler ${name} belongs to no command`)
  }
}

/** A row without a handler, and without a subcommand that has one, is a command that we do not have. */
function makeSpec<C>(
  facts: CommandFacts,
  group: string,
  handlers: FamilyOf<C>['handlers'],
  container: string,
  used: Set<string>,
  alone: (call: C) => void,
): SpecOf<C> | undefined {
  const fullName = container === '' ? facts.name : `${container}|${facts.name}`
  const own = handlers[fullName]
  if (own !== undefined) used.add(fullName)
  const subcommands = new Map<string, SpecOf<C>>()
  for (const each of facts.subcommands ?? []) {
    const spec = makeSpec(each, group, handlers, facts.name, used, alone)
    if (spec !== undefined) subcommands.set(each.name, spec)
  }
  if (own === undefined && subcommands.size === 0) return undefined
  const flags = new Set(facts.flags)
  const keys = facts.keys ?? []
  return {
    facts,
    fullName,
    group,
    arity: facts.arity,
    isWrite: flags.has('write'),
    isReadonly: flags.has('readonly'),
    isAsking: flags.has('asking'),
    flags,
    keys,
    onlyKeyAt: onlyKeyOf(keys, flags.has('movablekeys')),
    handler: own ?? alone,
    subcommands: subcommands.size > 0 ? subcommands : undefined,
    stats: {calls: 0, usec: 0, rejected: 0, failed: 0},
  }
}

function onlyKeyOf(keys: readonly KeySpec[], movable: boolean): number {
  const [only] = keys
  if (movable || keys.length !== 1 || only === undefined || !isRealKey(only)) return 0
  const {begin, find} = only
  return typeof begin === 'number' && find.kind === 'range' && find.last === 0 ? begin : 0
}

/** A container alone: dispatch has found no such subcommand, or none was named. */
function containerAlone<C extends {readonly spec: SpecOf<C>; readonly reply: {error(text: string): void}}>(
  call: C,
): void {
  call.reply.error(`ERR wrong number of arguments for '${call.spec.fullName}' command`)
}
