/** The configuration of one node: redis.conf directives as data, their values, and who wants to hear of a change. */
import {type Directive, DIRECTIVES} from './directives.js'

/** The file that CONFIG REWRITE rewrites. */
export interface ConfigFile {
  /** Absolute, or relative to the node's folder. */
  readonly path: string
  /** As it was when the node started, or was last rewritten. */
  text: string
}

/** A directive as it was written, in its order. */
export type Setting = readonly [name: string, ...words: string[]]

/** What was wrong with one directive of several. */
export interface ConfigError {
  readonly name: string
  readonly error: string
  /** The value was fine, but could not be put into practice. */
  readonly isUnfit?: true
}

/** Values by directive name; CONFIG GET, SET, RESETSTAT and REWRITE, redis.conf and the command line all go through here. */
export class Config {
  readonly #values = new Map<string, string>()
  readonly #directives = new Map<string, Directive>()
  readonly #listeners = new Map<string, ((value: string) => void)[]>()
  readonly #appliers: {readonly names: readonly string[]; readonly apply: () => string | undefined}[] = []
  file: ConfigFile | undefined
  /** `rename-command`, in order; in lower case. To nothing: the command is gone. */
  readonly renames: {readonly from: string; readonly to: string}[] = []

  constructor(settings: Iterable<readonly [name: string, value: string]> = []) {
    for (const directive of DIRECTIVES) {
      this.#directives.set(directive.name, directive)
      if (directive.alias !== undefined) this.#directives.set(directive.alias, directive)
      this.#values.set(directive.name, directive.default)
    }
    for (const [name, value] of settings) this.assign(name, value)
  }

  directive(name: string): Directive | undefined {
    return this.#directives.get(name.toLowerCase())
  }

  /** The value in its one form. */
  text(name: string): string {
    const directive = this.#directives.get(name)
    return (directive && this.#values.get(directive.name)) ?? ''
  }

  /** The value as CONFIG GET tells it. */
  told(name: string): string {
    const value = this.text(name)
    return this.#directives.get(name)?.told?.(value) ?? value
  }

  number(name: string): number {
    return Number(this.text(name))
  }

  flag(name: string): boolean {
    return this.text(name) === 'yes'
  }

  /**
   * Sets a value in the form it is written in (`64mb`, `YES`, `3600 1 60 5`), before the node starts.
   * @returns what is wrong with it, as Redis words it; undefined when it was taken
   */
  assign(name: string, value: string): string | undefined {
    const directive = this.directive(name)
    if (directive === undefined) return `Unknown option or number of arguments for CONFIG SET - '${name}'`
    return this.#assign(directive, wordsOf(directive, value), false)
  }

  /**
   * One line of redis.conf or of the command line.
   * @param seen the directives that had a line before; this one is added
   * @returns what is wrong with it, as Redis words it
   */
  load([name, ...values]: Setting, seen: Set<string>): string | undefined {
    const directive = this.directive(name)
    if (directive === undefined) return 'Bad directive or wrong number of arguments'
    const takesWords = directive.takesWords === true
    if (values.length !== 1 && !takesWords) return 'wrong number of arguments'
    const words = takesWords && values.length === 1 ? wordsOf(directive, values[0]!) : values
    const error = this.#assign(directive, words, seen.has(directive.name))
    if (error === undefined) seen.add(directive.name)
    return error
  }

  /**
   * CONFIG SET: all of them or none.
   * @param mayProtected whether enable-protected-configs lets this client set what is protected
   */
  change(pairs: readonly (readonly [name: string, value: string])[], mayProtected: boolean): ConfigError | undefined {
    const asked = new Set<string>()
    for (const [name] of pairs) {
      const directive = this.directive(name)!
      const error = refusalOf(directive, mayProtected)
      if (error !== undefined) return {name, error}
      if (asked.has(name.toLowerCase())) return {name, error: 'duplicate parameter'}
      asked.add(name.toLowerCase())
    }
    const before = new Map(this.#values)
    const changed = new Set<string>()
    for (const [name, value] of pairs) {
      const directive = this.directive(name)!
      const parsed = directive.parse(wordsOf(directive, value), {value: this.text(name), isRepeated: false})
      if (!parsed.ok) {
        for (const each of changed) this.#values.set(each, before.get(each)!)
        return {name, error: parsed.error}
      }
      this.#values.set(directive.name, parsed.value)
      changed.add(directive.name)
    }
    const different = [...changed].filter((name) => before.get(name) !== this.#values.get(name))
    const refused = this.#apply(
      [...changed].filter((name) => this.directive(name)?.isReapplied || different.includes(name)),
    )
    if (refused === undefined) {
      for (const name of different) this.#tell(name)
      return undefined
    }
    for (const each of changed) this.#values.set(each, before.get(each)!)
    this.#apply(different)
    return refused
  }

  /**
   * What CONFIG SET of any of `names` has to bring about, before anybody else hears of it.
   * @param apply returns why it cannot be; then all is as it was before, and `apply` is called again for that
   */
  applyChanges(names: readonly string[], apply: () => string | undefined): void {
    this.#appliers.push({names, apply})
  }

  /** Calls back with the present value at once, and with every later one: for what a hot path keeps in a field. */
  watch(name: string, heard: (value: string) => void): void {
    const listeners = this.#listeners.get(name) ?? []
    this.#listeners.set(name, [...listeners, heard])
    heard(this.text(name))
  }

  /** Every directive once, in the order of the table, with its value as CONFIG GET tells it. */
  *all(): Generator<{readonly directive: Directive; readonly value: string}> {
    for (const directive of DIRECTIVES) yield {directive, value: this.told(directive.name)}
  }

  #apply(changed: readonly string[]): ConfigError | undefined {
    for (const {names, apply} of this.#appliers) {
      const name = changed.find((each) => names.includes(each))
      const error = name === undefined ? undefined : apply()
      if (error !== undefined) return {name: name!, error, isUnfit: true}
    }
    return undefined
  }

  #assign(directive: Directive, words: readonly string[], isRepeated: boolean): string | undefined {
    const before = this.#values.get(directive.name) ?? ''
    const parsed = directive.parse(words, {value: before, isRepeated})
    if (!parsed.ok) return parsed.error
    if (before === parsed.value) return undefined
    this.#values.set(directive.name, parsed.value)
    this.#tell(directive.name)
    return undefined
  }

  #tell(name: string): void {
    const value = this.text(name)
    for (const heard of this.#listeners.get(name) ?? []) heard(value)
  }
}

function wordsOf(directive: Directive, value: string): string[] {
  return directive.takesWords === true ? value.split(' ').filter((word) => word !== '') : [value]
}

function refusalOf(directive: Directive, mayProtected: boolean): string | undefined {
  if (directive.immutable === true) return "can't set immutable config"
  return directive.isProtected === true && !mayProtected ? "can't set protected config" : undefined
}
