/** What `tscluster-server` prints: its version, its help, and the first lines of a log. */
import {formatLogLine, type LogRole} from '../host/log-file.js'
import {type Config} from '../server/config.js'
import {ENGINE_VERSION} from '../server/version.js'

const PROGRAM = 'tscluster-server'

/** In redis-server's form: what asks for a version reads `v=7.0.15`. */
export function versionText(): string {
  const {redis, engine} = ENGINE_VERSION
  const bits = process.arch === 'ia32' || process.arch === 'arm' ? 32 : 64
  const v8 = process.versions['v8'].split('-')[0]
  return `Redis server v=${redis} sha=00000000:0 malloc=v8-${v8} bits=${bits} build=tscluster-${engine}\n`
}

export function helpText(): string {
  return `Usage: ${PROGRAM} [/path/to/redis.conf] [options] [-]
       ${PROGRAM} - (read the configuration from standard input)
       ${PROGRAM} -v or --version
       ${PROGRAM} -h or --help

Runs one node of tscluster's engine, compatible with Redis ${ENGINE_VERSION.redis}. Options are the directives of redis.conf.

Examples:
       ${PROGRAM} (run with the default configuration)
       echo 'maxclients 100' | ${PROGRAM} -
       ${PROGRAM} /etc/redis/6379.conf
       ${PROGRAM} --port 7777
       ${PROGRAM} --port 7777 --replicaof 127.0.0.1 8888
       ${PROGRAM} --port 7001 --cluster-enabled yes
       ${PROGRAM} /etc/myredis.conf --loglevel verbose
`
}

/** The lines before `Server initialized`. @param hasConfiguration a file or options were given */
export function openingLines(config: Config, hasConfiguration: boolean): string[] {
  const {redis, engine} = ENGINE_VERSION
  const mode = config.flag('cluster-enabled') ? 'cluster' : 'standalone'
  const source = hasConfiguration
    ? 'Configuration loaded'
    : `Warning: no config file specified, using the default config. In order to specify a config file use ${PROGRAM} /path/to/redis.conf`
  return [
    logLine('C', 'warning', 'oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo'),
    logLine(
      'C',
      'warning',
      `Redis version=${redis}, bits=64, commit=00000000, modified=0, pid=${process.pid}, just started`,
    ),
    logLine('C', 'warning', source),
    logLine('M', 'notice', `tscluster engine ${engine} on Node ${process.versions.node}`),
    logLine('M', 'notice', `Running mode=${mode}, port=${config.text('port')}.`),
  ]
}

export function logLine(role: LogRole, level: 'notice' | 'warning', text: string): string {
  return formatLogLine({level, text}, {role, nowMs: Date.now(), processId: process.pid})
}

/** As Redis' signal handler writes it, which must not format a date. */
export function signalLine(signal: NodeJS.Signals): string {
  const seconds = Math.floor(Date.now() / 1000)
  return `${process.pid}:signal-handler (${seconds}) Received ${signal} scheduling shutdown...`
}
