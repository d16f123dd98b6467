/** `--cluster backup` */
import {formatPlainAddress} from '../../model/address.js'
import {backup as saveCluster, type BackupEvent, type BackupOptions} from '../../manager/backup/backup.js'
import {countFaults, isClean, printCheck} from './check-block.js'
import {loadCluster, shownView} from './cluster.js'
import type {Dialogue, Verdict} from './dialogue.js'
import {seedOf} from './seed.js'

/** The folder must be there. A cluster with problems is saved too, and the backup says so. */
export async function backup(dialogue: Dialogue): Promise<Verdict> {
  const {print, words, pool, invocation, interruption} = dialogue
  const [address, directory = ''] = invocation.words
  const cluster = await loadCluster(dialogue, seedOf(address))
  const faults = await printCheck(cluster, dialogue)
  const {openBackupFolder} = await import('../../manager/io/backup-folder.js')
  const folder = await openBackupFolder(directory, {create: false})
  const options: BackupOptions = {
    prefix: words.flavour,
    clusterErrors: countFaults(faults),
    stop: interruption.stop,
    emit: narrator(directory, dialogue),
  }
  await interruption.during(() => saveCluster(shownView(cluster), pool, folder, options))
  if (!isClean(faults)) {
    const advice = "please be aware of it if you're going to restore this backup."
    print.warning(`*** Cluster seems to have some problems, ${advice}`)
  }
  print.ok(`[OK] Backup created into: ${directory}`)
  return 0
}

function narrator(directory: string, {print, words}: Dialogue): (event: BackupEvent) => void {
  const pathOf = (file: string): string => `${directory}${directory.endsWith('/') ? '' : '/'}${file}`
  return (event) => {
    switch (event.kind) {
      case 'node-started':
        return print.info(`>>> Node ${formatPlainAddress(event.address)} -> Saving RDB...`)
      case 'transfer-started': {
        const {announcedBytes, file} = event
        const what = announcedBytes === null ? 'bytes of bulk transfer until EOF marker' : `${announcedBytes} bytes`
        return print.complain(`SYNC sent to ${words.primary}, writing ${what} to '${pathOf(file)}'`)
      }
      case 'node-finished':
        return print.complain('Transfer finished with success.')
      case 'saving-nodes':
        return print.info(`Saving cluster configuration to: ${pathOf(event.file)}`)
      case 'transferred':
        return undefined
    }
  }
}
