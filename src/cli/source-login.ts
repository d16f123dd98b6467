/** How to log in to the standalone server that an import reads from. */
import {Flags} from '@oclif/core'
import {PASSWORD_WARNING} from './base-command.js'
import type {ConnectionOptions} from './connection.js'
import type {Prompt} from './prompt.js'
import type {World} from './world.js'

const SOURCE = {helpGroup: 'SOURCE'}

export const sourceFlags = {
  'from-user': Flags.string({
    ...SOURCE,
    aliases: ['cluster-from-user'],
    summary: 'ACL user name there',
    helpValue: 'NAME',
  }),
  'from-pass': Flags.string({
    ...SOURCE,
    aliases: ['cluster-from-pass'],
    summary: 'password there (visible in process lists: prefer the next two)',
    helpValue: 'PASSWORD',
  }),
  'from-pass-file': Flags.string({...SOURCE, summary: 'read it from a file; - is standard input', helpValue: 'FILE'}),
  'from-askpass': Flags.boolean({...SOURCE, aliases: ['cluster-from-askpass'], summary: 'ask for it'}),
  'from-tls': Flags.boolean({...SOURCE, summary: 'connect to the source over TLS'}),
  'from-cacert': Flags.string({...SOURCE, summary: 'certificate authority (default: --cacert)', helpValue: 'FILE'}),
  'from-cert': Flags.string({...SOURCE, summary: 'client certificate (default: --cert)', helpValue: 'FILE'}),
  'from-key': Flags.string({...SOURCE, summary: 'key of the client certificate (default: --key)', helpValue: 'FILE'}),
}

interface SourceFlags {
  readonly pass?: string | undefined
  readonly 'no-auth-warning': boolean
  readonly 'from-user'?: string | undefined
  readonly 'from-pass'?: string | undefined
  readonly 'from-pass-file'?: string | undefined
  readonly 'from-askpass': boolean
  readonly 'from-tls': boolean
  readonly 'from-cacert'?: string | undefined
  readonly 'from-cert'?: string | undefined
  readonly 'from-key'?: string | undefined
  readonly cacert?: string | undefined
  readonly cacertdir?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly insecure: boolean
  readonly 'connect-timeout'?: number | undefined
  readonly 'reply-timeout'?: number | undefined
}

/** The source's own login; its certificates are the cluster's where nothing else is said. */
export async function sourceOptions(flags: SourceFlags, world: World, prompt: Prompt): Promise<ConnectionOptions> {
  return {
    user: flags['from-user'],
    password: await sourcePassword(flags, world, prompt),
    tls: flags['from-tls'],
    cacert: flags['from-cacert'] ?? flags.cacert,
    cacertdir: flags.cacertdir,
    cert: flags['from-cert'] ?? flags.cert,
    key: flags['from-key'] ?? flags.key,
    insecure: flags.insecure,
    connectTimeoutMs: flags['connect-timeout'],
    commandTimeoutMs: flags['reply-timeout'],
  }
}

async function sourcePassword(flags: SourceFlags, world: World, prompt: Prompt): Promise<string | undefined> {
  if (flags['from-askpass']) return prompt.secret('Please input import source node password')
  if (flags['from-pass-file'] === undefined) {
    const isVisible = flags['from-pass'] !== undefined && flags.pass === undefined && !flags['no-auth-warning']
    if (isVisible) world.stderr.write(`${PASSWORD_WARNING}\n`)
    return flags['from-pass']
  }
  const {readSecret} = await import('./secret.js')
  return readSecret(flags['from-pass-file'])
}
