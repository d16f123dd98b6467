/** FUNCTION DUMP on one node, FUNCTION RESTORE on another: https://redis.io/docs/latest/commands/function-restore/ */
import {replyOf} from '../../error.js'
import type {StepOf} from '../../plan/step.js'
import type {StepContext} from '../step-context.js'
import {tolerating} from './node-commands.js'

export async function copyFunctions(step: StepOf<'copy-functions'>, context: StepContext): Promise<void> {
  const from = await context.connect(step.from)
  const to = await context.connect(step.to)
  try {
    const payload = await from.call(['FUNCTION', 'DUMP'], {bytes: true})
    // REPLACE: a second try finds the functions of the first.
    if (Buffer.isBuffer(payload)) await to.call(['FUNCTION', 'RESTORE', payload, 'REPLACE'])
  } catch (error) {
    if (!/unknown command/i.test(replyOf(error))) throw error
    context.emit({kind: 'noted', step: context.id, message: 'the server has no functions: none were carried over'})
  }
}

/** https://redis.io/docs/latest/commands/function-flush/ */
export async function flushFunctions(step: StepOf<'flush-functions'>, context: StepContext): Promise<void> {
  const node = await context.connect(step.node)
  await tolerating(/unknown command/i, node.call(['FUNCTION', 'FLUSH']))
}
