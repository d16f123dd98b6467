/** `--cluster call` */
import {callNode, rawText} from '../../manager/call.js'
import type {ManagerError} from '../../manager/error.js'
import type {NodeView} from '../../manager/view/node-view.js'
import {loadCluster, type Cluster} from './cluster.js'
import type {Dialogue, Verdict} from './dialogue.js'
import {nameOf} from './rows.js'
import {seedOf} from './seed.js'

/** All nodes at once, their answers in order. 1 when one of them refused the command or did not answer. */
export async function call(dialogue: Dialogue): Promise<Verdict> {
  const {print, invocation} = dialogue
  const [seed, ...command] = invocation.words
  const cluster = await loadCluster(dialogue, seedOf(seed))
  print.strong('>>> Calling')
  print.line(` ${command.join(' ')}`)
  const nodes = chosen(cluster, dialogue)
  const answers = nodes.map(({address}) => callNode(dialogue.pool, address, command))
  let verdict: Verdict = 0
  for (const [index, node] of nodes.entries()) {
    const answer = await answers[index]!
    if ('error' in answer) verdict = 1
    const text = 'error' in answer ? failureText(answer.error) : rawText(answer.reply, invocation.delimiter)
    print.line(`${nameOf(node)}: ${text}`)
  }
  return verdict
}

function chosen({nodes}: Cluster, {invocation}: Dialogue): NodeView[] {
  const {onlyPrimaries, onlyReplicas} = invocation.cluster
  return nodes.filter(({line}) => (line.flags.has('replica') ? !onlyPrimaries : !onlyReplicas))
}

/** An error reply is its text and an empty line; a lost connection is `Failed!`. */
function failureText({reply}: ManagerError): string {
  return reply === undefined ? 'Failed!' : `${reply}\n`
}
