/** MODULE: a node has none. */
import {type Handlers} from '../server/call.js'
import {sendHelp} from './help.js'

export const moduleHandlers: Handlers = {
  'module|list': ({reply}) => reply.array(0),
  'module|help': (call) => sendHelp(call, 'MODULE', ['LIST', '    Return a list of loaded modules.']),
}
