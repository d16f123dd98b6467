/** Values that files of other servers may hold and this one cannot: their shape is known well enough to walk past them. */
import {MODULE_ITEM, VALUE_TYPE} from './rdb-format.js'
import {type RdbInput} from './rdb-input.js'

/** A stream entry's id as it stands in a list of pending entries, and the time behind it. */
const RAW_ID_BYTES = 16
const TIME_BYTES = 8

/** What a value type we cannot keep is called; undefined for a type that nobody knows. */
export function unsupportedName(type: number): string | undefined {
  return SKIPPERS.get(type)?.name
}

/** Moves past such a value; what is wrong with it shows in `input.failure`. */
export function skipUnsupported(input: RdbInput, type: number): void {
  const skipper = SKIPPERS.get(type)
  if (skipper === undefined) return input.fail('corrupt')
  skipper.skip(input)
}

/** The items of a module's value, or of its auxiliary data, up to the one that ends them. */
export function skipModuleItems(input: RdbInput): void {
  while (input.failure === undefined) {
    switch (input.length()) {
      case MODULE_ITEM.end:
        return
      case MODULE_ITEM.signed:
      case MODULE_ITEM.unsigned:
        input.length()
        break
      case MODULE_ITEM.float:
        input.skip(4)
        break
      case MODULE_ITEM.double:
        input.skip(8)
        break
      case MODULE_ITEM.string:
        input.blob()
        break
      default:
        input.fail('corrupt')
    }
  }
}

/** Three versions: the second knows more about the stream and its groups, the third more about consumers. */
function skipStream(version: 1 | 2 | 3): (input: RdbInput) => void {
  return (input) => {
    repeat(input, 2, () => {
      input.blob()
      input.blob()
    })
    skipLengths(input, version === 1 ? 3 : 8)
    repeat(input, 5, () => skipStreamGroup(input, version))
  }
}

function skipStreamGroup(input: RdbInput, version: 1 | 2 | 3): void {
  input.blob()
  skipLengths(input, version === 1 ? 2 : 3)
  repeat(input, RAW_ID_BYTES + TIME_BYTES + 1, () => {
    input.skip(RAW_ID_BYTES + TIME_BYTES)
    input.length()
  })
  repeat(input, 1 + TIME_BYTES, () => {
    input.blob()
    input.skip(version === 3 ? 2 * TIME_BYTES : TIME_BYTES)
    repeat(input, RAW_ID_BYTES, () => input.skip(RAW_ID_BYTES))
  })
}

function skipModule(input: RdbInput): void {
  input.length()
  skipModuleItems(input)
}

function skipHashOfValkey(input: RdbInput): void {
  repeat(input, 2 + TIME_BYTES, () => {
    input.blob()
    input.blob()
    input.skip(TIME_BYTES)
  })
}

function skipHashWithExpiry(input: RdbInput): void {
  input.skip(TIME_BYTES)
  repeat(input, 3, () => {
    input.length()
    input.blob()
    input.blob()
  })
}

function skipHashListpackWithExpiry(input: RdbInput): void {
  input.skip(TIME_BYTES)
  input.blob()
}

function skipLengths(input: RdbInput, count: number): void {
  for (let left = count; left > 0; left--) input.length()
}

/** Does something as often as the count that stands next says, each of which takes at least `leastBytes`. */
function repeat(input: RdbInput, leastBytes: number, run: () => void): void {
  for (let left = input.count(leastBytes); left > 0 && input.failure === undefined; left--) run()
}

interface Skipper {
  readonly name: string
  readonly skip: (input: RdbInput) => void
}

const SKIPPERS: ReadonlyMap<number, Skipper> = new Map([
  [VALUE_TYPE.stream, {name: 'stream', skip: skipStream(1)}],
  [VALUE_TYPE.stream2, {name: 'stream', skip: skipStream(2)}],
  [VALUE_TYPE.stream3, {name: 'stream', skip: skipStream(3)}],
  [VALUE_TYPE.module, {name: 'module value', skip: skipModule}],
  [VALUE_TYPE.hashExpiryValkey, {name: 'hash with field expiry', skip: skipHashOfValkey}],
  [VALUE_TYPE.hashExpiry, {name: 'hash with field expiry', skip: skipHashWithExpiry}],
  [VALUE_TYPE.hashExpiryListpack, {name: 'hash with field expiry', skip: skipHashListpackWithExpiry}],
] satisfies readonly (readonly [number, Skipper])[])
