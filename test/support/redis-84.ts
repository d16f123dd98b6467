/**
 * A cluster that answers as Redis 8.4 documents CLUSTER MIGRATION (https://redis.io/docs/latest/commands/cluster-migration/),
 * its refusals included: there is no such server to test against. Each STATUS at the target is a step in time.
 */
import {SlotSet} from '../../src/model/slot-set.js'

export type Answer = string | number | Error | {readonly simple: string} | readonly Answer[]

export interface StandInNode {
  readonly id: string
  readonly host: string
  readonly port: number
  slots: SlotSet
}

interface Task {
  readonly id: string
  readonly slots: SlotSet
  readonly source: StandInNode
  readonly target: StandInNode
  /** Of the target; the source tells `send-stream` until it is over. */
  state: string
  /** The source has dropped its part: it was cancelled there, or lost its target. */
  gone: boolean
  retries: number
  error: string
}

export interface Redis84Options {
  /** A task that is going to fail, again and again, until it is cancelled; default none. */
  readonly fails?: (nth: number) => boolean
}

const OK = {simple: 'OK'}
const COURSE = ['connecting', 'accumulate-buffer', 'streaming-buffer', 'takeover', 'completed']

export class Redis84 {
  /** `port COMMAND …` of all that changes something. */
  readonly heard: string[] = []
  readonly tasks: Task[] = []
  readonly #nodes: readonly StandInNode[]
  readonly #fails: (nth: number) => boolean
  readonly #open = new Map<string, string>()
  #asked = 0

  constructor(nodes: readonly StandInNode[], {fails = () => false}: Redis84Options = {}) {
    this.#nodes = nodes
    this.#fails = fails
  }

  answer(node: StandInNode, argv: readonly string[]): Answer {
    const [name = '', sub = ''] = argv.map((word) => word.toUpperCase())
    switch (name === 'CLUSTER' ? sub : name) {
      case 'INFO':
        return name === 'INFO' ? INFO : 'cluster_state:ok\r\ncluster_current_epoch:9\r\n'
      case 'NODES':
        return this.#nodes.map((each) => this.#line(each, each === node)).join('')
      case 'GETKEYSINSLOT':
      case 'CONFIG':
        return []
      case 'COUNTKEYSINSLOT':
        return 0
      case 'MIGRATION':
        return this.#migration(node, argv.slice(2))
      case 'SETSLOT':
        return this.#setSlot(node, argv)
      default:
        return name === 'CLUSTER' ? new Error(`ERR unknown subcommand '${argv[1]}'`) : OK
    }
  }

  #line({id, host, port, slots}: StandInNode, isSelf: boolean): string {
    const epoch = this.#nodes.findIndex((node) => node.id === id) + 1
    const flags = isSelf ? 'myself,master' : 'master'
    return `${id} ${host}:${port}@${port + 10_000} ${flags} - 0 0 ${epoch} connected ${slots}`.trimEnd() + '\n'
  }

  #migration(node: StandInNode, [word = '', ...rest]: readonly string[]): Answer {
    if (rest.length === 0) return new Error("ERR wrong number of arguments for 'cluster|migration' command")
    switch (word.toUpperCase()) {
      case 'IMPORT':
        this.heard.push(`${node.port} IMPORT ${rest.join(' ')}`)
        return this.#import(node, rest.map(Number))
      case 'STATUS':
        return this.#status(node, rest)
      case 'CANCEL':
        this.heard.push(`${node.port} CANCEL ${rest[0]}`)
        return this.#cancel(node, rest)
      default:
        return new Error('ERR unknown argument')
    }
  }

  #import(target: StandInNode, bounds: readonly number[]): Answer {
    if (bounds.length % 2 !== 0) return new Error("ERR wrong number of arguments for 'cluster|migration' command")
    if (this.#open.size > 0) {
      return new Error('ERR all slot states must be STABLE to start a slot migration task.')
    }
    const slots = SlotSet.fromRanges(
      bounds.flatMap((first, index) => (index % 2 === 0 ? [[first, bounds[index + 1]!] as const] : [])),
    )
    const owners = new Set([...slots].map((slot) => this.#nodes.find((node) => node.slots.has(slot))))
    const [source] = owners
    if (owners.size !== 1 || source === undefined) return new Error('ERR slots belong to different source nodes')
    if (source === target) return new Error('ERR this node is already the owner of the slot range')
    if (this.tasks.some((task) => isActive(task) && (task.target === target || task.source === target))) {
      return new Error('ERR another ASM task is already in progress')
    }
    const id = String(++this.#asked).padStart(40, '0')
    this.tasks.unshift({id, slots, source, target, state: 'none', gone: false, retries: 0, error: ''})
    return id
  }

  #status(node: StandInNode, [which = '', id = '']: readonly string[]): Answer {
    const known = this.tasks.filter((task) => task.target === node || task.source === node)
    for (const task of known) if (task.target === node) this.#advance(task)
    const asked = which.toUpperCase() === 'ALL' ? known : known.filter((task) => task.id === id)
    return asked.map((task) => rowOf(task, node))
  }

  /** A task that fails starts anew by itself, and counts it. */
  #advance(task: Task): void {
    if (!isActive(task)) return
    if (task.state === 'accumulate-buffer' && this.#fails(Number(task.id) - 1)) {
      task.state = 'failed'
      task.gone = true
      task.error = 'Main channel - Connection is closed (state: accumulate-buffer, rdb_channel_state: none)'
    } else if (task.state === 'failed') {
      task.state = 'connecting'
      task.gone = false
      task.retries++
    } else task.state = COURSE[COURSE.indexOf(task.state) + 1]!
    if (task.state !== 'completed') return
    task.source.slots = task.source.slots.minus(task.slots)
    task.target.slots = task.target.slots.union(task.slots)
  }

  #cancel(node: StandInNode, [which = '', id = '']: readonly string[]): Answer {
    const named = this.tasks.filter((task) => which.toUpperCase() === 'ALL' || task.id === id)
    let cancelled = 0
    for (const task of named.filter(isActive)) {
      if (task.target === node) task.state = 'canceled'
      else if (task.source === node && !task.gone) task.gone = true
      else continue
      cancelled++
    }
    return cancelled
  }

  #setSlot(node: StandInNode, [, , text = '', state = '', peer = '']: readonly string[]): Answer {
    const slot = SlotSet.of([Number(text)])
    const mark = `${node.id} ${text}`
    if (state.toUpperCase() !== 'NODE') {
      this.#open.set(mark, peer)
      return OK
    }
    this.heard.push(`${node.port} SETSLOT ${text} NODE`)
    this.#open.delete(mark)
    for (const each of this.#nodes) each.slots = each.id === peer ? each.slots.union(slot) : each.slots.minus(slot)
    return OK
  }
}

/** The target goes on with what failed; only its end, or a cancellation there, ends it. */
function isActive({state}: Task): boolean {
  return state !== 'completed' && state !== 'canceled'
}

function rowOf(task: Task, node: StandInNode): Answer {
  const isTarget = task.target === node
  const atSource = isActive(task) ? (task.gone ? 'failed' : 'send-stream') : task.state
  return [
    ...['id', task.id, 'slots', task.slots.toString(), 'source', task.source.id, 'dest', task.target.id],
    ...['operation', isTarget ? 'import' : 'migrate', 'state', isTarget ? task.state : atSource],
    ...['last_error', task.error, 'retries', task.retries, 'create_time', 0, 'start_time', 0, 'end_time', 0],
    ...['write_pause_ms', 0],
  ]
}

const INFO = 'redis_version:8.4.0\r\nredis_mode:cluster\r\nrole:master\r\ncluster_enabled:1\r\nloading:0\r\n'
