/** Two nodes must not share a nodes.conf: on Linux, whose kernel has the means. */
import {mkdtempSync, rmSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {lockNodesConf} from '../../../../src/engine/host/nodes-conf-lock.js'
import {type NodeHost, startNodeHost} from '../../../../src/engine/host/node-host.js'
import {freePort} from '../../../support/free-ports.js'

describe('the lock of a nodes.conf', () => {
  let directory: string
  let node: NodeHost | undefined

  beforeEach(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'tscluster-lock-'))
  })

  afterEach(async () => {
    await node?.kill()
    node = undefined
    rmSync(directory, {recursive: true, force: true})
  })

  async function start(file = 'nodes.conf'): Promise<NodeHost> {
    const port = String(await freePort())
    const settings = {port, bind: '127.0.0.1', save: '', 'cluster-enabled': 'yes', 'cluster-config-file': file}
    return startNodeHost({settings: Object.entries(settings), directory, log: () => undefined})
  }

  const whyNot = (): Promise<string> =>
    start().then(
      () => 'it started',
      (error: Error) => error.message,
    )

  it('is had by one, until that one lets go', async () => {
    const file = path.join(directory, 'nodes.conf')
    const first = await lockNodesConf(file)
    expect(await lockNodesConf(file)).to.equal(undefined)
    const other = await lockNodesConf(path.join(directory, 'other.conf'))
    expect(other).to.not.equal(undefined)
    first!.release()
    other!.release()
    const again = await lockNodesConf(file)
    expect(again).to.not.equal(undefined)
    again!.release()
  })

  it('keeps a second node from starting, in Redis’ words, but not in the same folder with a file of its own', async () => {
    node = await start()
    expect(await whyNot()).to.match(/^Sorry, the cluster configuration file nodes\.conf is already used by a different/)
    const neighbour = await start('nodes-2.conf')
    await neighbour.kill()
  })

  it('is free again when the node was killed', async () => {
    const first = await start()
    await first.kill()
    node = await start()
    expect(node.busPort).to.be.greaterThan(0)
  })
})
