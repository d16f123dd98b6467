/** How large the part of V8's heap is in which objects begin. */
import v8 from 'node:v8'

/** Of each of its two halves. A collection stands still for the survivors of one: of 4 MiB some 4 ms, of V8's own 16 some 12. */
const HALF_BYTES = 4 * 1024 * 1024
/** It begins with 1 MiB. */
const GROWTH_FACTOR = 4
/** Enough that survives to make it grow; where it does not grow (another V8), that is all that is lost. */
const MOST_BATCHES = 256
const BATCH = 512
const WORD_BYTES = 100
/** Who gave one of these knows what he wants. */
const OWN_SETTING = /semi-space/

/**
 * Values that clients store survive, and V8 copies what survives while the node stands still; so with less room it stands still
 * more often, but never for long. For a process that is ours: its nodes share one heap. V8 takes the limit itself only on the
 * command line (`--max-semi-space-size=4`), but asks before it grows by how much: once to the size that is wanted, then no more.
 */
export function boundYoungGeneration(): void {
  if ([...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((option) => OWN_SETTING.test(option))) return
  v8.setFlagsFromString(`--semi-space-growth-factor=${GROWTH_FACTOR}`)
  const survivors: string[][] = []
  while (youngBytes() < 2 * HALF_BYTES && survivors.length < MOST_BATCHES) survivors.push(batch())
  v8.setFlagsFromString('--semi-space-growth-factor=1')
}

/** Both halves. */
export function youngBytes(): number {
  return v8.getHeapSpaceStatistics().find(({space_name: name}) => name === 'new_space')?.space_size ?? Infinity
}

function batch(): string[] {
  return Array.from({length: BATCH}, () => Buffer.alloc(WORD_BYTES).toString('latin1'))
}
