/** The directives whose value has parts: save, client-output-buffer-limit, bind… */
import {EventFilter} from './keyspace-events.js'
import {accept, type Directive, formatMemory, type ParsedValue, parseMemory, refuse} from './directive-kinds.js'
import {quote} from './quote.js'
import {parseSavePoints} from './save-points.js'

/** What a class of clients may have waiting: at once too much, or more than the soft limit for too long. 0: no limit. */
export interface OutputLimits {
  readonly hardBytes: number
  readonly softBytes: number
  readonly softSeconds: number
}

export type OutputClass = 'normal' | 'slave' | 'pubsub'

export function parseOutputLimits(value: string): Readonly<Record<OutputClass, OutputLimits>> {
  const words = splitWords(value)
  const none: OutputLimits = {hardBytes: 0, softBytes: 0, softSeconds: 0}
  const limits: Record<OutputClass, OutputLimits> = {normal: none, slave: none, pubsub: none}
  for (let at = 0; at + 3 < words.length; at += 4) {
    const [hardBytes, softBytes, softSeconds] = words.slice(at + 1, at + 4).map(Number) as [number, number, number]
    limits[words[at] as OutputClass] = {hardBytes, softBytes, softSeconds}
  }
  return limits
}

export function splitWords(value: string): string[] {
  return value.split(' ').filter((word) => word !== '')
}

const savePoints: Directive = {
  name: 'save',
  isAlwaysWritten: true,
  default: '3600 1 300 100 60 10000',
  takesWords: true,
  parse(words, present) {
    const numbers = words.flatMap(splitWords)
    const isWrong =
      numbers.length % 2 !== 0 ||
      numbers.some((word, at) => !/^\d{1,18}$/.test(word) || (at % 2 === 0 && Number(word) < 1))
    if (isWrong) return refuse('Invalid save parameters')
    const mine = numbers.map((word) => String(Number(word))).join(' ')
    return accept(present.isRepeated && mine !== '' && present.value !== '' ? `${present.value} ${mine}` : mine)
  },
  lines(value) {
    const points = parseSavePoints(value)
    return points.length === 0 ? ['""'] : points.map(({seconds, changes}) => `${seconds} ${changes}`)
  },
}

const OUTPUT_CLASSES: Readonly<Record<string, OutputClass>> = {
  normal: 'normal',
  slave: 'slave',
  replica: 'slave',
  pubsub: 'pubsub',
}

/** Only the classes that are named change. */
const outputLimits: Directive = {
  name: 'client-output-buffer-limit',
  default: 'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60',
  takesWords: true,
  parse(words, present) {
    if (words.length % 4 !== 0) return refuse('Wrong number of arguments in buffer limit configuration.')
    const limits = new Map<string, string>()
    const before = splitWords(present.value)
    for (let at = 0; at < before.length; at += 4) limits.set(before[at]!, before.slice(at, at + 4).join(' '))
    for (let at = 0; at < words.length; at += 4) {
      const name = OUTPUT_CLASSES[words[at]!.toLowerCase()]
      if (name === undefined) return refuse('Invalid client class specified in buffer limit configuration.')
      const [hard, soft] = [parseMemory(words[at + 1]!), parseMemory(words[at + 2]!)]
      const seconds = /^\d{1,9}$/.test(words[at + 3]!) ? Number(words[at + 3]!) : undefined
      if (hard === undefined || soft === undefined || seconds === undefined) {
        return refuse('Error in hard, soft or soft_seconds setting in buffer limit configuration.')
      }
      limits.set(name, `${name} ${hard} ${soft} ${seconds}`)
    }
    return accept([...limits.values()].join(' '))
  },
  lines(value) {
    const words = splitWords(value)
    const lines: string[] = []
    for (let at = 0; at < words.length; at += 4) {
      const [name, hard, soft, seconds] = words.slice(at, at + 4) as [string, string, string, string]
      lines.push(`${name === 'slave' ? 'replica' : name} ${formatMemory(hard)} ${formatMemory(soft)} ${seconds}`)
    }
    return lines
  },
  keepsUsualLinesOut: true,
}

const keyspaceEvents: Directive = {
  name: 'notify-keyspace-events',
  default: '',
  parse(words) {
    if (words.length !== 1) return refuse('wrong number of arguments')
    const filter = new EventFilter()
    return filter.configure(words[0]!)
      ? accept(filter.letters)
      : refuse("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")
  },
  told(value) {
    const filter = new EventFilter()
    filter.configure(value)
    return filter.toString()
  },
  lines: (value) => [quote(value)],
}

/** No address at all: then the node listens on its unix socket only. */
const bind: Directive = {
  name: 'bind',
  default: '* -::*',
  takesWords: true,
  parse(words) {
    const addresses = words.flatMap(splitWords)
    if (addresses.length > 16) return refuse('Too many bind addresses specified.')
    return accept(addresses.join(' '))
  },
}

const oomScores: Directive = {
  name: 'oom-score-adj-values',
  default: '0 200 800',
  takesWords: true,
  parse(words) {
    if (words.length !== 3) return refuse('wrong number of arguments')
    if (words.some((word) => !/^-?\d{1,5}$/.test(word) || Math.abs(Number(word)) > 2000)) {
      return refuse('Invalid oom-score-adj-values, elements must be between -2000 and 2000.')
    }
    return accept(words.map((word) => String(Number(word))).join(' '))
  },
}

const percentiles: Directive = {
  name: 'latency-tracking-info-percentiles',
  isAlwaysWritten: true,
  lines: (value) => [value === '' ? '""' : value],
  default: '50 99 99.9',
  takesWords: true,
  parse(words) {
    const values: string[] = []
    for (const word of words.filter((each) => each !== '')) {
      if (!/^-?\d+(?:\.\d+)?$/.test(word)) return refuse('Invalid latency-tracking-info-percentiles parameters')
      const value = Number(word)
      if (value < 0 || value > 100) {
        return refuse('latency-tracking-info-percentiles parameters should sit between [0.0,100.0]')
      }
      values.push(String(value))
    }
    return accept(values.join(' '))
  },
}

/** `host port`, or `no one`. */
const replicaOf: Directive = {
  name: 'replicaof',
  alias: 'slaveof',
  default: '',
  takesWords: true,
  immutable: true,
  parse(words): ParsedValue {
    if (words.length !== 2) return refuse('wrong number of arguments')
    const [host, port] = words as [string, string]
    if (host.toLowerCase() === 'no' && port.toLowerCase() === 'one') return accept('')
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return refuse('Invalid master port')
    return accept(`${host} ${port}`)
  },
  lines: (value) => (value === '' ? [] : [value]),
}

export const SPECIAL_DIRECTIVES: readonly Directive[] = [
  savePoints,
  outputLimits,
  keyspaceEvents,
  bind,
  oomScores,
  percentiles,
  replicaOf,
]
