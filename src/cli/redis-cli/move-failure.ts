/** What redis-cli says when a slot could not be moved. */
import type {ManagerError} from '../../manager/error.js'
import type {Dialogue} from './dialogue.js'
import {printFailure} from './failures.js'

/** @param prefix `clusterManagerMoveSlot failed` after reshard, `*** clusterManagerMoveSlot` after rebalance */
export function printMoveFailure(error: ManagerError, prefix: string, {print, words}: Dialogue): void {
  if (error.code !== 'key-exists' && error.code !== 'error-reply') return printFailure(error, print, words)
  if (error.code === 'key-exists') {
    print.warning('\n*** Target key exists')
    print.warning('*** Checking key values on both nodes...')
    print.error(`*** ${error.message}`)
    print.line('Please fix the above key(s) manually and try again or relaunch the command ')
    print.line('with --cluster-replace option to force key overriding.')
  }
  print.error(`${prefix}: ${error.reply ?? error.message}`)
}
