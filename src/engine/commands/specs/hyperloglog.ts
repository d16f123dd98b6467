/** The facts of the hyperloglog commands, as Redis 7.0 tells them in COMMAND INFO and COMMAND DOCS. */
import {firstKey, keyRange} from '../../server/key-spec.js'
import type {CommandFacts} from '../../server/spec.js'

export const hyperloglogFacts: readonly CommandFacts[] = [
  {
    name: 'pfadd',
    arity: -2,
    flags: ['write', 'denyoom', 'fast'],
    categories: ['@write', '@hyperloglog', '@fast'],
    keys: [firstKey('RW insert')],
    since: '2.8.9',
    complexity: 'O(1)',
  },
  {
    name: 'pfcount',
    arity: -2,
    flags: ['readonly'],
    categories: ['@read', '@hyperloglog', '@slow'],
    keys: [
      keyRange(
        1,
        -1,
        1,
        0,
        'RW access',
        'RW because it may change the internal representation of the key, and propagate to replicas',
      ),
    ],
    since: '2.8.9',
    complexity: 'O(1)',
  },
  {
    name: 'pfdebug',
    arity: 3,
    flags: ['write', 'denyoom', 'admin'],
    categories: ['@write', '@hyperloglog', '@admin', '@slow', '@dangerous'],
    keys: [keyRange(2, 0, 1, 0, 'RW access')],
    since: '2.8.9',
    complexity: 'N/A',
  },
  {
    name: 'pfmerge',
    arity: -2,
    flags: ['write', 'denyoom'],
    categories: ['@write', '@hyperloglog', '@slow'],
    keys: [firstKey('RW access insert'), keyRange(2, -1, 1, 0, 'RO access')],
    since: '2.8.9',
    complexity: 'O(N)',
  },
  {
    name: 'pfselftest',
    arity: 1,
    flags: ['admin'],
    categories: ['@hyperloglog', '@admin', '@slow', '@dangerous'],
    since: '2.8.9',
    complexity: 'N/A',
  },
]
