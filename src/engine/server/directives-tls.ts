/** The directives of TLS, known so that a redis.conf that names their defaults is read; TLS itself is not there. */
import {choice, type Directive, flag, integer, text} from './directive-kinds.js'

const files = [
  'tls-cert-file',
  'tls-key-file',
  'tls-key-file-pass',
  'tls-client-cert-file',
  'tls-client-key-file',
  'tls-client-key-file-pass',
  'tls-dh-params-file',
  'tls-ca-cert-file',
  'tls-ca-cert-dir',
  'tls-protocols',
  'tls-ciphers',
  'tls-ciphersuites',
]

export const TLS_DIRECTIVES: readonly Directive[] = [
  integer('tls-port', 0, 0, 65_535, {supported: ['0']}),
  integer('tls-session-cache-size', 20_480, 0, 2_147_483_647, {supported: ['20480']}),
  integer('tls-session-cache-timeout', 300, 0, 2_147_483_647, {supported: ['300']}),
  flag('tls-cluster', 'no', {supported: ['no']}),
  flag('tls-replication', 'no', {supported: ['no']}),
  choice('tls-auth-clients', 'yes', ['no', 'yes', 'optional'], {supported: ['yes']}),
  flag('tls-prefer-server-ciphers', 'no', {supported: ['no']}),
  flag('tls-session-caching', 'yes', {supported: ['yes']}),
  ...files.map((name) => text(name, '', {supported: ['']})),
]
