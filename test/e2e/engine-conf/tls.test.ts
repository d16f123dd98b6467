/** TLS between engine nodes and real ones: bus, replication, MIGRATE; and who is let in on the client port. */
import {createPrivateKey} from 'node:crypto'
import {readFileSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import tls from 'node:tls'
import {expect} from 'chai'
import {failOver} from '../../support/fail-over.js'
import {slotCounts} from '../../support/cluster-facts.js'
import {freePort} from '../../support/free-ports.js'
import {programPath, type Flavour} from '../../support/installed-servers.js'
import {describeOnServers} from '../../support/real-servers.js'
import {command, type RespTarget} from '../../support/resp.js'
import {runCli, startProgram} from '../../support/run-cli.js'
import {startNodes, type ServerNode, type ServerNodes} from '../../support/server-nodes.js'
import {differences, digest, fillKeys} from '../../support/test-data.js'
import {clientTls, TLS_FILES} from '../../support/tls-files.js'
import {until} from '../../support/until.js'

const TLS_FLAGS = ['--tls', '--cacert', TLS_FILES.ca, '--cert', TLS_FILES.clientCert, '--key', TLS_FILES.clientKey]

describeOnServers('TLS: engine nodes beside real ones', ['redis-7.0'], (flavour) => {
  const redisCli = async (...words: string[]): Promise<string> => {
    const {code, stdout, stderr} = await startProgram(programPath(flavour, 'cli'), [...TLS_FLAGS, ...words]).done
    expect(code, stdout + stderr).to.equal(0)
    return stdout
  }
  const tscluster = async (...words: string[]): Promise<string> => {
    const {code, stdout, stderr} = await runCli([...words, ...TLS_FLAGS])
    expect(code, stdout + stderr).to.equal(0)
    return stdout
  }
  const idOf = async (node: ServerNode): Promise<string> => String(await command(node, 'CLUSTER', 'MYID'))

  it('form a cluster, move slots both ways, key by key and whole, and take over from one another', async () => {
    const [engines, reals] = await Promise.all([
      startNodes('engine', 2, {tls: true}),
      startNodes(flavour, 2, {tls: true}),
    ])
    const [ours, second, theirs, replica] = [...engines, ...reals] as [ServerNode, ServerNode, ServerNode, ServerNode]
    const primaries = [ours, second, theirs]
    await tscluster('create', ...primaries.map(({address}) => address), '--yes')
    await fillKeys(primaries, 300)
    const before = await digest(primaries)
    const reshard = async (from: ServerNode, to: ServerNode): Promise<unknown> =>
      redisCli(
        ...['--cluster', 'reshard', ours.address, '--cluster-slots', '500', '--cluster-yes'],
        ...['--cluster-from', await idOf(from), '--cluster-to', await idOf(to)],
      )
    await reshard(ours, theirs)
    await reshard(theirs, second)
    expect(await slotCounts(primaries)).to.deep.equal([4961, 5962, 5461])
    const ends = ['--from', await idOf(second), '--to', await idOf(ours)]
    await tscluster('reshard', second.address, ...ends, '--slots', '500', '--atomic', '--yes')
    expect(await slotCounts(primaries)).to.deep.equal([5461, 5462, 5461])
    // Only now: a replica that does not know of atomic migration keeps its primary from it.
    await redisCli(
      ...['--cluster', 'add-node', replica.address, ours.address],
      ...['--cluster-slave', '--cluster-master-id', await idOf(ours)],
    )
    await until(async () => /master_link_status:up/.test(String(await command(replica, 'INFO', 'replication'))), {
      what: 'the replica to be in sync',
      timeoutMs: 30_000,
    })
    const replicaId = await idOf(replica)
    const isKnownTo = async (node: ServerNode): Promise<boolean> =>
      new RegExp(`^${replicaId} .* slave `, 'm').test(String(await command(node, 'CLUSTER', 'NODES')))
    await until(async () => (await isKnownTo(second)) && (await isKnownTo(theirs)), {
      what: 'those who vote to know the replica',
      timeoutMs: 30_000,
    })
    const isReplaced = async (): Promise<boolean> =>
      /role:slave/.test(String(await command(ours, 'INFO', 'replication')))
    await failOver(replica, isReplaced, 'the engine node to follow the real one')
    await until(async () => /All 16384 slots covered/.test(await redisCli('--cluster', 'check', second.address)), {
      what: 'all nodes to agree',
      timeoutMs: 30_000,
    })
    expect(await tscluster('check', second.address)).to.match(/^healthy/m)
    expect(differences(before, await digest([replica, second, theirs]))).to.deep.equal([])
    await until(async () => /master_link_status:up/.test(String(await command(ours, 'INFO', 'replication'))), {
      what: 'the engine node to be in sync',
      timeoutMs: 30_000,
    })
    await reals.kill(1)
    await until(async () => /role:master/.test(String(await command(ours, 'INFO', 'replication'))), {
      what: 'the engine node to take over from the dead one',
      timeoutMs: 60_000,
    })
    expect(differences(before, await digest(primaries))).to.deep.equal([])
    await Promise.all([engines.stop(), reals.stop()])
  })

  it('send a client to the port that speaks as it does, in redirections and in CLUSTER SLOTS', async () => {
    const plainPorts = [await freePort(), await freePort()] as const
    const start = (kind: Flavour, port: number): Promise<ServerNodes> =>
      startNodes(kind, 1, {tls: true, config: {port}})
    const [engines, reals] = await Promise.all([start('engine', plainPorts[0]), start(flavour, plainPorts[1])])
    const nodes = [engines.node(0), reals.node(0)] as const
    const [ours, theirs] = nodes
    await command(ours, 'CLUSTER', 'ADDSLOTSRANGE', 0, 8191)
    await command(theirs, 'CLUSTER', 'ADDSLOTSRANGE', 8192, 16_383)
    await command(ours, 'CLUSTER', 'SET-CONFIG-EPOCH', 1)
    await command(ours, 'CLUSTER', 'MEET', theirs.host, theirs.port)
    const tlsPorts = nodes.map(({port}) => port)
    for (const node of nodes) {
      const isUp = async (): Promise<boolean> => /cluster_state:ok/.test(String(await command(node, 'CLUSTER', 'INFO')))
      await until(isUp, {timeoutMs: 30_000, what: `${node.address} to serve`})
    }
    for (const [index, node] of nodes.entries()) {
      const plain = {host: node.host, port: plainPorts[index]!}
      const knowsBoth = async (): Promise<boolean> => String(await portsIn(plain)) === String(plainPorts)
      await until(knowsBoth, {timeoutMs: 30_000, what: `${node.address} to tell the plain ports`})
      expect(await portsIn(node)).to.deep.equal(tlsPorts)
      // `foo` is in slot 12182, `bar` in 5061.
      const [key, other] = index === 0 ? ['foo', 1] : ['bar', 0]
      const refusal = (of: RespTarget): Promise<string> => command(of, 'GET', key).then(String, (e: Error) => e.message)
      expect(await refusal(plain)).to.match(new RegExp(`^MOVED \\d+ 127\\.0\\.0\\.1:${plainPorts[other]!}$`))
      expect(await refusal(node)).to.match(new RegExp(`^MOVED \\d+ 127\\.0\\.0\\.1:${tlsPorts[other]!}$`))
    }
    await Promise.all([engines.stop(), reals.stop()])
  })

  it('lets in whom tls-auth-clients lets in, and takes new certificates while it runs', async () => {
    const nodes = await startNodes('engine', 1, {tls: true, cluster: false})
    const node = nodes.node(0)
    const {ca} = clientTls()
    expect(await answerTo({port: node.port, ca})).to.equal('refused')
    expect(await command(node, 'CONFIG', 'SET', 'tls-auth-clients', 'optional')).to.equal('OK')
    expect(await answerTo({port: node.port, ca})).to.equal('+PONG\r\n')
    // Signed by an authority that the node does not know.
    await command(node, 'CONFIG', 'SET', 'tls-ca-cert-file', TLS_FILES.untrustedCa)
    expect(await answerTo({port: node.port, ...clientTls()})).to.equal('refused')
    expect(await answerTo({port: node.port, ca})).to.equal('+PONG\r\n')
    await changeBack(node.port, ca)
    const failed = command(node, 'CONFIG', 'SET', 'tls-cert-file', '/no/such/file', 'timeout', '77')
    expect(await failed.catch((error: Error) => error.message)).to.equal(
      "ERR CONFIG SET failed (possibly related to argument 'tls-cert-file') - Unable to update TLS configuration. Check server logs.",
    )
    expect(await nodes.configOf(0, 'timeout')).to.equal('0')
    expect(nodes.log(0)).to.match(/ # Failed to load certificate: \/no\/such\/file: .*No such file or directory$/m)
    const {clientCert, clientKey} = TLS_FILES
    const locked = path.join(node.directory, 'locked.key')
    const passphrase = 'open sesame'
    const key = createPrivateKey(readFileSync(TLS_FILES.serverKey))
    writeFileSync(locked, key.export({type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase}))
    const unlock = (pass: string): Promise<unknown> =>
      command(node, 'CONFIG', 'SET', 'tls-key-file', locked, 'tls-key-file-pass', pass).catch(() => 'refused')
    expect(await unlock('wrong')).to.equal('refused')
    expect(await unlock(passphrase)).to.equal('OK')
    expect(await answerTo({port: node.port, ca})).to.equal('+PONG\r\n')
    await command(
      node,
      'CONFIG',
      'SET',
      'tls-cert-file',
      clientCert,
      'tls-key-file',
      clientKey,
      'tls-protocols',
      'TLSv1.2',
    )
    expect(await certificateOf(node.port, ca)).to.deep.equal(['tscluster test client', 'TLSv1.2'])
    await nodes.stop()
  })
})

/** Of the owners of the slots, in the order of these, as CLUSTER SLOTS tells this client. */
async function portsIn(target: RespTarget): Promise<number[]> {
  const ranges = (await command(target, 'CLUSTER', 'SLOTS')) as readonly [number, number, readonly [string, number]][]
  return [...ranges].sort(([a], [b]) => a - b).map(([, , [, port]]) => port)
}

interface Caller {
  readonly port: number
  readonly ca: string
  readonly cert?: string
  readonly key?: string
}

/** Over a connection without a certificate: with one there is no way in. */
async function changeBack(port: number, ca: string): Promise<void> {
  expect(await answerTo({port, ca}, `CONFIG SET tls-ca-cert-file ${TLS_FILES.ca}`)).to.equal('+OK\r\n')
}

/** What a PING is answered with; `refused` when the connection ends instead. */
function answerTo(caller: Caller, request = 'PING'): Promise<string> {
  return new Promise((resolve) => {
    const socket = tls.connect({host: '127.0.0.1', ...caller})
    socket.on('error', () => resolve('refused'))
    socket.on('close', () => resolve('refused'))
    socket.once('data', (chunk: Buffer) => {
      resolve(chunk.toString())
      socket.destroy()
    })
    socket.write(`${request}\r\n`)
  })
}

function certificateOf(port: number, ca: string): Promise<[name: string, protocol: string | null]> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({host: '127.0.0.1', port, ca, rejectUnauthorized: false}, () => {
      resolve([String(socket.getPeerCertificate().subject.CN), socket.getProtocol()])
      socket.destroy()
    })
    socket.on('error', reject)
  })
}
