/** Readers of untrusted values: each gives back a value of its type, or says what is wrong and where. */
import {isPort, parseNodeAddress} from '../../model/address.js'
import {isNodeId} from '../../model/node-id.js'
import {SlotSet} from '../../model/slot-set.js'

/** Reports every problem it meets through `report`, and then returns `undefined` or a value that is not to be used. */
export type Reader<T> = (value: unknown, path: string, report: Report) => T | undefined
type Report = (path: string, problem: string) => void

type Fields<T> = {readonly [Key in keyof T]-?: Reader<Exclude<T[Key], undefined>>}

export const string: Reader<string> = (value, path, report) => {
  return typeof value === 'string' ? value : refuse(value, path, report, 'text')
}

export const boolean: Reader<boolean> = (value, path, report) => {
  return typeof value === 'boolean' ? value : refuse(value, path, report, 'true or false')
}

export const nodeId = accepting((text) => isNodeId(text), 'a node id (40 lower-case hex digits)')

/** Not empty: a step without slots would be a mistake. */
export const slotsText = accepting((text) => (SlotSet.parse(text)?.size ?? 0) > 0, 'slots as in "0-5460 6000"')

export const entryAddress = accepting((text) => {
  const address = parseNodeAddress(text)
  return address !== undefined && address.host !== '' && isPort(address.port) && /^[^\s@,]+$/.test(text)
}, 'an address as in "10.0.0.1:7001"')

export function pattern(shape: RegExp, what: string): Reader<string> {
  return accepting((text) => shape.test(text), what)
}

export function integer(least: number, most: number): Reader<number> {
  return (value, path, report) => {
    const fits = typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
    return fits ? value : refuse(value, path, report, `a whole number from ${least} to ${most}`)
  }
}

export function literal<const T extends string | number | boolean>(expected: T): Reader<T> {
  return oneOf(expected)
}

export function oneOf<const T extends string | number | boolean>(...allowed: readonly T[]): Reader<T> {
  return (value, path, report) => {
    const found = allowed.find((each) => each === value)
    return found ?? refuse(value, path, report, allowed.map((each) => JSON.stringify(each)).join(' or '))
  }
}

export function nullable<T>(read: Reader<T>): Reader<T | null> {
  return (value, path, report) => (value === null ? null : read(value, path, report))
}

export function array<T>(read: Reader<T>): Reader<T[]> {
  return (value, path, report) => {
    if (!Array.isArray(value)) return refuse(value, path, report, 'a list')
    const items = value.map((item: unknown, index) => read(item, `${path}[${index}]`, report))
    return items as T[]
  }
}

/** Fields of `optional` may be absent; one that neither names is refused, for it may change what the rest means. */
export function record<T extends object>(
  required: Fields<Omit<T, OptionalKeys<T>>>,
  ...rest: OptionalKeys<T> extends never ? [] : [optional: Fields<Pick<T, OptionalKeys<T>>>]
): Reader<T> {
  const readers = new Map<string, Reader<unknown>>(Object.entries(required))
  const optional = new Map<string, Reader<unknown>>(Object.entries(rest[0] ?? {}))
  return (value, path, report) => {
    if (!isObject(value)) return refuse(value, path, report, 'an object')
    for (const name of Object.keys(value)) {
      if (!readers.has(name) && !optional.has(name)) report(inside(path, name), 'unknown field')
    }
    const result: Record<string, unknown> = {}
    for (const [name, read] of readers) {
      if (name in value) result[name] = read(value[name], inside(path, name), report)
      else report(inside(path, name), 'missing')
    }
    for (const [name, read] of optional) {
      if (name in value) result[name] = read(value[name], inside(path, name), report)
    }
    return result as T
  }
}

/** One of several records, told apart by the field `tag`. */
export function tagged<T extends object>(tag: string, readers: {readonly [name: string]: Reader<T>}): Reader<T> {
  return (value, path, report) => {
    if (!isObject(value)) return refuse(value, path, report, 'an object')
    const name = value[tag]
    if (typeof name === 'string' && Object.hasOwn(readers, name)) return readers[name]!(value, path, report)
    report(inside(path, tag), `${JSON.stringify(name)} is not known to this version`)
    return undefined
  }
}

type OptionalKeys<T> = {[Key in keyof T]-?: undefined extends T[Key] ? Key : never}[keyof T]

function accepting(accepts: (text: string) => boolean, what: string): Reader<string> {
  return (value, path, report) => {
    return typeof value === 'string' && accepts(value) ? value : refuse(value, path, report, what)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function inside(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

const VALUE_SHOWN = 60

function refuse(value: unknown, path: string, report: Report, expected: string): undefined {
  const text = JSON.stringify(value) ?? String(value)
  report(path, `${text.length > VALUE_SHOWN ? `${text.slice(0, VALUE_SHOWN)}…` : text} is not ${expected}`)
  return undefined
}
