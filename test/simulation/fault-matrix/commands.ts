/** Every command that changes a cluster, and `check`. */
import {Abort} from '../../../src/commands/abort.js'
import {AddNode} from '../../../src/commands/add-node.js'
import {Apply} from '../../../src/commands/apply.js'
import {Check} from '../../../src/commands/check.js'
import {Create} from '../../../src/commands/create.js'
import {DelNode} from '../../../src/commands/del-node.js'
import {Failover} from '../../../src/commands/failover.js'
import {Fix} from '../../../src/commands/fix.js'
import {Import} from '../../../src/commands/import.js'
import {Operations} from '../../../src/commands/operations.js'
import {Rebalance} from '../../../src/commands/rebalance.js'
import {Reshard} from '../../../src/commands/reshard.js'
import {Resume} from '../../../src/commands/resume.js'
import {SetTimeout} from '../../../src/commands/set-timeout.js'

export const COMMANDS = {
  abort: Abort,
  'add-node': AddNode,
  apply: Apply,
  check: Check,
  create: Create,
  'del-node': DelNode,
  failover: Failover,
  fix: Fix,
  import: Import,
  operations: Operations,
  rebalance: Rebalance,
  reshard: Reshard,
  resume: Resume,
  'set-timeout': SetTimeout,
} as const

export type CommandName = keyof typeof COMMANDS
