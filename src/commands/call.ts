/** `tscluster call`: one command on every node. */
import {Args, Flags} from '@oclif/core'
import {BaseCommand} from '../cli/base-command.js'
import {EXIT, type ExitCode} from '../cli/exit-code.js'
import {usage} from '../cli/flags.js'
import {callNodes, errorText, rawText, type NodeAnswer} from '../manager/call.js'
import {observe, observeOne} from '../manager/observe.js'
import type {Reply} from '../manager/ports.js'
import {toTopology} from '../manager/view/topology.js'
import {formatAddress} from '../model/address.js'

/** The documented result: docs/json.md. */
export interface CallResult {
  readonly schema: 'tscluster.call/1'
  readonly command: readonly string[]
  readonly exitCode: ExitCode
  readonly answers: readonly CallAnswer[]
}

export interface CallAnswer {
  readonly node: string
  readonly address: string
  readonly role: NodeAnswer['role']
  /** Either this, */
  readonly reply?: Reply
  /** or this: the node's error reply, or why there is none. */
  readonly error?: {readonly code: string; readonly message: string}
}

export class Call extends BaseCommand {
  static override summary = 'run a command on every node'
  static override description =
    'All nodes are asked at once; redirections are not followed. A word of the command that looks like one of the flags below ' +
    'goes behind --. Exit 1 when a node answers with an error, or not at all; after SHUTDOWN, no answer is the right one.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 config get maxmemory',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 dbsize --only-primaries',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7003 cluster replicate ID --only-this',
    '<%= config.bin %> <%= command.id %> 127.0.0.1:7000 -- set name -a',
    "<%= config.bin %> <%= command.id %> --json 127.0.0.1:7000 info server | jq '.answers[].reply'",
  ]
  static override args = {
    cluster: Args.string({description: 'host:port of any node of the cluster', required: true, ignoreStdin: true}),
    command: Args.string({description: 'the command and its arguments', required: true, ignoreStdin: true}),
  }
  static override strict = false
  static override flags = {
    'only-primaries': Flags.boolean({
      aliases: ['only-masters', 'cluster-only-masters', 'cluster-only-primaries'],
      summary: 'primaries only',
    }),
    'only-replicas': Flags.boolean({aliases: ['cluster-only-replicas'], summary: 'replicas only'}),
    'only-this': Flags.boolean({summary: 'the node that is named only, and no look at the others'}),
  }

  async run(): Promise<CallResult> {
    const {args, flags, raw} = await this.parse(Call)
    const {cluster} = args
    const [, ...command] = this.wordsOf(raw)
    const {addresses, options} = this.entriesOf([cluster])
    const only = onlyWhom(flags)
    const {pool, renderer} = await this.openSession(flags, options)
    const look = flags['only-this'] ? observeOne : observe
    const view = await look(pool, addresses, (error) => renderer.warn(`${error.node ?? ''} ${error.message}`))
    for (const {line, error} of view.silent) {
      renderer.warn(`${formatAddress(line.address)} was not asked: ${error.message}`)
    }
    const answers = await callNodes(pool, toTopology(view), {
      command,
      only,
      ...(flags['reply-timeout'] !== undefined && {timeoutMs: flags['reply-timeout']}),
    })
    if (!this.jsonEnabled()) for (const answer of answers) this.world.stdout.write(textOf(answer))
    const exitCode = answers.every(({answer}) => 'reply' in answer) ? EXIT.done : EXIT.failed
    this.end(exitCode)
    return {schema: 'tscluster.call/1', command, exitCode, answers: answers.map(toJson)}
  }
}

export default Call

/** The flags that choose nodes. */
const CHOICES = ['only-primaries', 'only-replicas', 'only-this'] as const

function onlyWhom(flags: Readonly<Record<(typeof CHOICES)[number], boolean>>): 'primaries' | 'replicas' | 'all' {
  const [first, second] = CHOICES.filter((name) => flags[name])
  if (second !== undefined) {
    const why = second === 'only-this' ? 'contradict each other' : 'leave no node'
    throw usage(`--${first} and --${second} together ${why}`, 'give one of them')
  }
  return flags['only-primaries'] ? 'primaries' : flags['only-replicas'] ? 'replicas' : 'all'
}

function textOf({address, answer}: NodeAnswer): string {
  const said = 'error' in answer ? errorText(answer.error) : answer.isGone ? 'has shut down' : rawText(answer.reply)
  return `${formatAddress(address)}: ${said}\n`
}

function toJson({node, address, role, answer}: NodeAnswer): CallAnswer {
  const who = {node, address: formatAddress(address), role}
  if ('reply' in answer) return {...who, reply: answer.reply}
  return {...who, error: {code: answer.error.code, message: errorText(answer.error)}}
}
