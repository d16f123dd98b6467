/** `--cluster help`, and the text about how this mode is used. */
import type {Dialogue, Verdict} from './dialogue.js'
import type {Words} from './words.js'

const NAME_WIDTH = 15
const ANY_NODE = '<host:port> or <host> <port> - separated by either colon or space'

interface HelpEntry {
  readonly name: string
  readonly summary: string
  readonly options: readonly string[]
}

/** Exit code 0: who asks for help has not failed (redis-cli says 1). */
export function help({print, words}: Dialogue): Promise<Verdict> {
  print.write(helpText(words))
  return Promise.resolve(0)
}

/** redis-cli shows the options of all its modes here; ours is this one. */
export function usageText(words: Words): string {
  const usage = [
    'Usage: tscluster [CONNECTION OPTIONS] --cluster <command> [args...] [opts...]',
    `Takes the cluster commands of ${words.program} as they are. The other commands: tscluster --help`,
  ]
  return `${usage.join('\n')}\n\n${CONNECTION_OPTIONS}\n\n${helpText(words)}`
}

const CONNECTION_OPTIONS = [
  'Connection Options:',
  '  -a <password>, --pass <password>, --user <username>, --askpass, -u <uri>, --no-auth-warning',
  '  --tls, --sni <host>, --cacert <file>, --cacertdir <dir>, --cert <file>, --key <file>, --insecure',
  '  -t <timeout>, -4, -6',
].join('\n')

export function helpText(words: Words): string {
  const commands = entries(words).flatMap(({name, summary, options}) => [
    `  ${name.padEnd(NAME_WIDTH)}${summary}`,
    ...options.map((option) => `${' '.repeat(NAME_WIDTH + 2)}--cluster-${option}`),
  ])
  return [
    'Cluster Manager Commands:',
    ...commands,
    '',
    'For check, fix, reshard, del-node, set-timeout, info, rebalance, call, import, backup you can specify the host and port of any working node in the cluster.',
    '',
    'Cluster Manager Options:',
    '  --cluster-yes  Automatic yes to cluster commands prompts',
    '',
    '',
  ].join('\n')
}

function entries({flavour, primary, primaries}: Words): HelpEntry[] {
  const replica = flavour === 'redis' ? 'slave' : 'replica'
  const entry = (name: string, summary: string, ...options: string[]): HelpEntry => ({name, summary, options})
  return [
    entry('create', 'host1:port1 ... hostN:portN', 'replicas <arg>'),
    entry('check', ANY_NODE, 'search-multiple-owners'),
    entry('info', ANY_NODE),
    entry('fix', ANY_NODE, 'search-multiple-owners', `fix-with-unreachable-${primaries}`),
    entry('reshard', ANY_NODE, 'from <arg>', 'to <arg>', 'slots <arg>', 'yes', ...MIGRATION),
    entry('rebalance', ANY_NODE, ...rebalanceOptions(primaries)),
    entry('add-node', 'new_host:new_port existing_host:existing_port', replica, `${primary}-id <arg>`),
    entry('del-node', 'host:port node_id'),
    entry('call', 'host:port command arg arg .. arg', `only-${primaries}`, 'only-replicas'),
    entry('set-timeout', 'host:port milliseconds'),
    entry('import', 'host:port', 'from <arg>', 'from-user <arg>', 'from-pass <arg>', 'from-askpass', 'copy', 'replace'),
    entry('backup', 'host:port backup_directory'),
    entry('help', ''),
  ]
}

const MIGRATION = ['timeout <arg>', 'pipeline <arg>', 'replace']

function rebalanceOptions(primaries: string): string[] {
  return [
    'weight <node1=w1...nodeN=wN>',
    `use-empty-${primaries}`,
    'timeout <arg>',
    'simulate',
    'pipeline <arg>',
    'threshold <arg>',
    'replace',
  ]
}
