/** The directives of TLS: for clients, between replicas and their primary, and on the cluster bus. */
import {choice, type Directive, flag, integer, text} from './directive-kinds.js'

/** Naming the same file again has it read again. */
const FILES = [
  'tls-cert-file',
  'tls-key-file',
  'tls-client-cert-file',
  'tls-client-key-file',
  'tls-dh-params-file',
  'tls-ca-cert-file',
  'tls-ca-cert-dir',
]

const TEXTS = ['tls-key-file-pass', 'tls-client-key-file-pass', 'tls-protocols', 'tls-ciphers', 'tls-ciphersuites']

export const TLS_DIRECTIVES: readonly Directive[] = [
  integer('tls-port', 0, 0, 65_535),
  integer('tls-session-cache-size', 20_480, 0, 2_147_483_647),
  integer('tls-session-cache-timeout', 300, 0, 2_147_483_647),
  flag('tls-cluster', 'no'),
  flag('tls-replication', 'no'),
  choice('tls-auth-clients', 'yes', ['no', 'yes', 'optional']),
  flag('tls-prefer-server-ciphers', 'no'),
  flag('tls-session-caching', 'yes'),
  ...FILES.map((name) => text(name, '', {isReapplied: true})),
  ...TEXTS.map((name) => text(name, '')),
]
