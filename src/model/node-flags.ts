/** The flags of CLUSTER NODES. Ours say primary and replica; `master` and `slave` occur only here, where words are read or written. */

export type NodeFlag = 'myself' | 'primary' | 'replica' | 'pfail' | 'fail' | 'handshake' | 'noaddr' | 'nofailover'

const WIRE_WORDS: ReadonlyMap<string, NodeFlag> = new Map([
  ['myself', 'myself'],
  ['master', 'primary'],
  ['slave', 'replica'],
  ['fail?', 'pfail'],
  ['fail', 'fail'],
  ['handshake', 'handshake'],
  ['noaddr', 'noaddr'],
  ['nofailover', 'nofailover'],
])

const FLAG_WORDS: ReadonlyMap<NodeFlag, string> = new Map([...WIRE_WORDS].map(([word, flag]) => [flag, word]))

/** Words that a newer server may have invented are skipped, so that its nodes can still be read. */
export function parseNodeFlags(words: string): ReadonlySet<NodeFlag> {
  const flags = new Set<NodeFlag>()
  for (const word of words.split(',')) {
    const flag = WIRE_WORDS.get(word)
    if (flag !== undefined) flags.add(flag)
  }
  return flags
}

/** In the order given; `noflags` when there are none. */
export function formatNodeFlags(flags: Iterable<NodeFlag>): string {
  const words = [...flags].map((flag) => FLAG_WORDS.get(flag)!)
  return words.length === 0 ? 'noflags' : words.join(',')
}
