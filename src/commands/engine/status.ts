/** `tscluster engine status`: which nodes of the bundled engine run here, and which could. */
import {folderFlag} from '../../cli/engine/flags.js'
import {faultsInWords} from '../../cli/engine/node-faults.js'
import {listNodes, type ListedNode} from '../../cli/engine/node-list.js'
import {waitInWords} from '../../cli/engine/node-stopping.js'
import {formatPorts} from '../../cli/engine/port-groups.js'
import {staleSentence} from '../../cli/engine/start-nodes.js'
import {StateFolder} from '../../cli/engine/state-folder.js'
import {PlainCommand} from '../../cli/plain-command.js'
import {formatDuration} from '../../cli/render/numbers.js'
import type {Renderer} from '../../cli/render/renderer.js'
import {renderTable, type Column} from '../../cli/render/table.js'
import {themeFor, type Theme} from '../../cli/render/theme.js'
import {shortId} from '../../model/node-id.js'

/** The documented result: docs/json.md. */
export interface EngineStatusResult {
  readonly schema: 'tscluster.engine-status/1'
  readonly folder: string
  /** Of the process that holds the nodes; `null` when none runs. */
  readonly pid: number | null
  readonly version: string | null
  readonly stalePid: number | null
  readonly nodes: readonly ListedNode[]
}

const COLUMNS: readonly Column[] = [
  {head: 'port'},
  {head: 'id'},
  {head: 'role'},
  {head: 'state'},
  {head: 'pid', align: 'right'},
  {head: 'uptime', align: 'right'},
  {head: 'folder'},
]

export class EngineStatus extends PlainCommand {
  static override summary = 'list the nodes of the bundled engine'
  static override description =
    'All nodes of the state folder, running or not. The state of a running node is that of the cluster as it sees it: ok or fail; ' +
    'up where there is no cluster mode; paused; stopping while it waits for its replicas; silent when it does not answer. One that does not run was stopped, was killed, or ' +
    'has crashed. Faults of the network have a column of their own while there are any.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --dir ./nodes',
    '<%= config.bin %> <%= command.id %> | awk \'$4 == "stopped" {print $1}\'',
  ]
  static override flags = {...folderFlag}

  async run(): Promise<EngineStatusResult> {
    const {flags} = await this.parse(EngineStatus)
    const renderer = await this.openRenderer(flags)
    const folder = StateFolder.of(flags.dir, this.world.env)
    const {pid, version, stalePid, nodes} = await listNodes(folder, Date.now())
    if (stalePid !== null) {
      renderer.warn(`${staleSentence(stalePid)}; \`tscluster engine start\` starts its nodes again`)
    }
    if (!this.jsonEnabled()) {
      const {stdout, env} = this.world
      const theme = themeFor(stdout, env, flags.color)
      if (nodes.length === 0) renderer.note(`no nodes in ${folder.path}`)
      else {
        const hasFaults = nodes.some(({faults}) => faultsInWords(faults) !== '')
        const columns = hasFaults ? [...COLUMNS, {head: 'faults'}] : COLUMNS
        const rows = nodes.map((node) => [...cells(node, theme), ...(hasFaults ? [faultsInWords(node.faults)] : [])])
        stdout.write(await renderTable(stdout, theme, columns, rows))
        noteRemedies(nodes, renderer)
      }
    }
    if (nodes.length === 0) renderer.suggest('tscluster engine start 7000-7005')
    return {schema: 'tscluster.engine-status/1', folder: folder.path, pid, version, stalePid, nodes}
  }
}

/** What ends each fault that is in force. */
function noteRemedies(nodes: readonly ListedNode[], renderer: Renderer): void {
  const portsOf = (is: (node: ListedNode) => boolean): string => formatPorts(nodes.filter(is).map(({port}) => port))
  for (const how of ['killed', 'crashed'] as const) {
    const ports = portsOf(({state}) => state === how)
    if (ports !== '') renderer.note(`${ports} ${how}: \`tscluster engine restart ${ports}\` starts again`)
  }
  for (const node of nodes.filter(({stopping}) => stopping !== null)) renderer.note(waitInWords(node))
  const paused = portsOf(({faults}) => faults.paused)
  if (paused !== '') renderer.note(`${paused} paused: \`tscluster engine resume ${paused}\` lets go on`)
  const isUnwell = nodes.some(({faults: {partitionedFrom, latencyMs}}) => partitionedFrom.length > 0 || latencyMs > 0)
  if (isUnwell) renderer.note('the network is divided or slow: `tscluster engine heal` ends that')
}

function cells({port, id, role, state, pid, uptimeMs, folder}: ListedNode, theme: Theme): string[] {
  const colours: Readonly<Record<string, (text: string) => string>> = {
    ok: theme.good,
    up: theme.good,
    stopped: theme.faint,
  }
  return [
    String(port),
    id === null ? '-' : shortId(id),
    role ?? '-',
    (colours[state] ?? theme.bad)(state),
    pid === null ? '-' : String(pid),
    uptimeMs === null ? '-' : formatDuration(uptimeMs).replaceAll(' ', ''),
    folder,
  ]
}

export default EngineStatus
