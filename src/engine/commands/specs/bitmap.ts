/** The facts of the bitmap commands, as Redis 7.0 tells them in COMMAND INFO and COMMAND DOCS. */
import {firstKey, keyRange} from '../../server/key-spec.js'
import type {CommandFacts} from '../../server/spec.js'

export const bitmapFacts: readonly CommandFacts[] = [
  {
    name: 'bitcount',
    arity: -2,
    flags: ['readonly'],
    categories: ['@read', '@bitmap', '@slow'],
    keys: [firstKey('RO access')],
    since: '2.6.0',
    complexity: 'O(N)',
  },
  {
    name: 'bitfield',
    arity: -2,
    flags: ['write', 'denyoom'],
    categories: ['@write', '@bitmap', '@slow'],
    keys: [firstKey('RW access update variable_flags', 'This command allows both access and modification of the key')],
    since: '3.2.0',
    complexity: 'O(1)',
  },
  {
    name: 'bitfield_ro',
    arity: -2,
    flags: ['readonly', 'fast'],
    categories: ['@read', '@bitmap', '@fast'],
    keys: [firstKey('RO access')],
    since: '6.0.0',
    complexity: 'O(1)',
  },
  {
    name: 'bitop',
    arity: -4,
    flags: ['write', 'denyoom'],
    categories: ['@write', '@bitmap', '@slow'],
    keys: [keyRange(2, 0, 1, 0, 'OW update'), keyRange(3, -1, 1, 0, 'RO access')],
    since: '2.6.0',
    complexity: 'O(N)',
  },
  {
    name: 'bitpos',
    arity: -3,
    flags: ['readonly'],
    categories: ['@read', '@bitmap', '@slow'],
    keys: [firstKey('RO access')],
    since: '2.8.7',
    complexity: 'O(N)',
  },
  {
    name: 'getbit',
    arity: 3,
    flags: ['readonly', 'fast'],
    categories: ['@read', '@bitmap', '@fast'],
    keys: [firstKey('RO access')],
    since: '2.2.0',
    complexity: 'O(1)',
  },
  {
    name: 'setbit',
    arity: 4,
    flags: ['write', 'denyoom'],
    categories: ['@write', '@bitmap', '@slow'],
    keys: [firstKey('RW access update')],
    since: '2.2.0',
    complexity: 'O(1)',
  },
]
