/** The facts of the transactions commands, as Redis 7.0 tells them in COMMAND INFO and COMMAND DOCS. */
import {keyRange} from '../../server/key-spec.js'
import type {CommandFacts} from '../../server/spec.js'

export const transactionsFacts: readonly CommandFacts[] = [
  {
    name: 'discard',
    arity: 1,
    flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
    categories: ['@fast', '@transaction'],
    since: '2.0.0',
    complexity: 'O(N)',
  },
  {
    name: 'exec',
    arity: 1,
    flags: ['noscript', 'loading', 'stale', 'skip_slowlog'],
    categories: ['@slow', '@transaction'],
    since: '1.2.0',
    complexity: 'Depends on subcommand.',
  },
  {
    name: 'multi',
    arity: 1,
    flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
    categories: ['@fast', '@transaction'],
    since: '1.2.0',
    complexity: 'O(1)',
  },
  {
    name: 'unwatch',
    arity: 1,
    flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
    categories: ['@fast', '@transaction'],
    since: '2.2.0',
    complexity: 'O(1)',
  },
  {
    name: 'watch',
    arity: -2,
    flags: ['noscript', 'loading', 'stale', 'fast', 'allow_busy'],
    categories: ['@fast', '@transaction'],
    keys: [keyRange(1, -1, 1, 0, 'RO')],
    since: '2.2.0',
    complexity: 'O(1)',
  },
]
