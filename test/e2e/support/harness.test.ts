/** The test harness itself: servers that start, stop, hang and come back; data that can be compared; peers that misbehave. */
import {existsSync} from 'node:fs'
import {expect} from 'chai'
import {startBadServer} from '../../support/bad-servers.js'
import {evenSlots, quickCluster, untilClusterAgrees, type QuickCluster} from '../../support/quick-cluster.js'
import {describeOnServers, WITH_ENGINE} from '../../support/real-servers.js'
import {command, RespConnection, RespError} from '../../support/resp.js'
import {startProgram} from '../../support/run-cli.js'
import {startNodes} from '../../support/server-nodes.js'
import {describeInTerminal, Terminal} from '../../support/terminal.js'
import {differences, digest, fillKeys, keyTypesOf} from '../../support/test-data.js'

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error as Error,
  )
}

describeOnServers('servers of the harness', ['redis-7.0'], (flavour) => {
  it('run alone, with a password, with an ACL user, and under TLS', async () => {
    for (const options of [
      {cluster: false},
      {password: 'secret'},
      {aclUser: {name: 'operator', password: 'secret'}},
      {tls: true},
      {host: '::1'},
      {host: (index: number) => `127.0.0.${index + 1}`},
    ]) {
      const nodes = await startNodes(flavour, 2, options)
      expect(await nodes.command(1, 'PING')).to.equal('PONG')
      await nodes.stop()
    }
  })

  it('refuse who does not log in', async () => {
    const nodes = await startNodes(flavour, 1, {password: 'secret'})
    const {host, port} = nodes.node(0)
    const failure = await failureOf(command({host, port}, 'PING'))
    expect(failure).to.be.instanceOf(RespError)
    expect(failure.message).to.match(/^NOAUTH/)
  })

  it('take keys alone as a cluster does', async () => {
    const nodes = await startNodes(flavour, 1, {cluster: false})
    await fillKeys(nodes, 60)
    expect((await digest(nodes)).size).to.equal(60)
  })

  it('hang while they are paused, and answer again afterwards', async () => {
    const nodes = await startNodes(flavour, 1)
    const connection = await RespConnection.open(nodes.node(0), 200)
    nodes.pause(0)
    expect((await failureOf(connection.call('PING'))).message).to.contain('did not answer within 200 ms')
    nodes.resume(0)
    expect(await nodes.command(0, 'PING')).to.equal('PONG')
  })

  it('keep their node id over a restart, and leave nothing behind when they are stopped', async () => {
    const nodes = await startNodes(flavour, 1)
    const id = await nodes.command(0, 'CLUSTER', 'MYID')
    await nodes.kill(0)
    expect((await failureOf(nodes.command(0, 'PING'))).message).to.contain('ECONNREFUSED')
    const {directory} = await nodes.restart(0)
    expect(await nodes.command(0, 'CLUSTER', 'MYID')).to.equal(id)
    await nodes.stop()
    expect(existsSync(directory)).to.equal(false)
  })

  it('report why they do not start', async () => {
    const failure = await failureOf(startNodes(flavour, 1, {config: {'repl-backlog-size': 'much'}}))
    expect(failure.message).to.match(/redis-7.0 did not start on 127.0.0.1:\d+/)
  })
})

describeOnServers('a quick cluster', WITH_ENGINE, (flavour) => {
  let cluster: QuickCluster

  before(async () => {
    cluster = await quickCluster(flavour, {primaries: 3, replicasEach: 1, spares: 1})
  })

  it('has all slots covered, a replica for each primary, and a spare that knows nobody', async () => {
    const info = String(await cluster.nodes.command(0, 'CLUSTER', 'INFO'))
    expect(info).to.contain('cluster_state:ok').and.contain('cluster_known_nodes:6').and.contain('cluster_size:3')
    expect(await cluster.nodes.command(4, 'INFO', 'replication')).to.contain(
      `master_port:${cluster.primaries[1]!.port}`,
    )
    expect(await cluster.nodes.command(6, 'CLUSTER', 'INFO')).to.contain('cluster_known_nodes:1')
  })

  it('holds keys of every type, which read back the same as long as nobody touches them', async () => {
    await fillKeys(cluster.nodes, 600)
    const before = await digest(cluster.nodes)
    expect(before.size).to.equal(600)
    const types = await keyTypesOf(cluster.primaries[0]!)
    for (const type of types) {
      expect([...before.values()].filter((value) => value.startsWith(type))).to.have.lengthOf(600 / types.length)
    }
    expect(differences(before, await digest(cluster.nodes))).to.deep.equal([])

    const [victim, bystander] = [...before.keys()].filter((key) => before.get(key)!.startsWith('string'))
    for (const {host, port} of cluster.primaries) {
      await command({host, port}, 'DEL', victim!).catch(() => undefined)
      await command({host, port}, 'APPEND', bystander!, '!').catch(() => undefined)
    }
    const found = differences(before, await digest(cluster.nodes))
    expect(found[0]).to.equal(`lost: ${victim}`)
    expect(found[1]).to.match(new RegExp(`^changed: ${bystander}: `))
  })

  it('can be waited for after a failure', async () => {
    await cluster.nodes.kill(5)
    await cluster.nodes.restart(5)
    await untilClusterAgrees([...cluster.primaries, ...cluster.replicas])
  })
})

describe('evenSlots', () => {
  it('cuts the slots as redis-cli does', () => {
    expect(evenSlots(3)).to.deep.equal(['0-5460', '5461-10922', '10923-16383'])
  })
})

describe('programs of the harness', () => {
  const node = process.execPath

  it('give their streams and their exit code', async () => {
    const script =
      'process.stdin.on("data", (text) => { console.log(`got ${text}`); console.error("oops"); process.exitCode = 3 })'
    const run = startProgram(node, ['-e', script], {input: 'words'})
    expect(await run.done).to.deep.equal({stdout: 'got words\n', stderr: 'oops\n', code: 3, signal: null})
  })

  it('can be interrupted at a word they say', async () => {
    const script = 'process.on("SIGINT", () => process.exit(130)); setInterval(() => 0, 1000); console.log("working")'
    const run = startProgram(node, ['-e', script])
    await run.signalAfter(/working/, 'SIGINT')
    expect((await run.done).code).to.equal(130)
  })

  it('are killed when they take too long, and the error names them', async () => {
    const run = startProgram(node, ['-e', 'setInterval(() => 0, 1000)'], {timeoutMs: 300})
    expect((await failureOf(run.done)).message).to.match(/did not end within 300 ms: .*setInterval/)
  })

  it('say so when they end without the awaited words', async () => {
    const run = startProgram(node, ['-e', 'console.log("something else")'])
    expect((await failureOf(run.said(/never/))).message).to.contain('ended without saying /never/')
  })
})

describe('peers that misbehave', () => {
  const reactions = {
    closed: /ECONNREFUSED/,
    silent: /did not answer within 300 ms/,
    'hangs-up': /closed|ECONNRESET|EPIPE/,
    'half-reply': /did not answer within 300 ms/,
    'cut-reply': /closed/,
    'not-a-cluster': /cluster support disabled/,
  } as const

  for (const [kind, reaction] of Object.entries(reactions) as [keyof typeof reactions, RegExp][]) {
    it(`${kind}: fails a client with ${String(reaction)}`, async () => {
      const server = await startBadServer(kind)
      const failure = await failureOf(RespConnection.open(server, 300).then((connection) => connection.call('PING')))
      await server.close()
      expect(failure.message).to.match(reaction)
    })
  }
})

describeInTerminal('a terminal of the harness', () => {
  it('shows what is printed, takes what is typed, and gives the exit code', async () => {
    const script =
      'process.stdin.setRawMode?.(true); process.stdout.write(`tty ${process.stdin.isTTY} ${process.stdout.columns}? `);' +
      'process.stdin.once("data", (key) => { console.log(`\\u001b[32myou pressed ${key}\\u001b[0m`); process.exit(4) })'
    const terminal = new Terminal([process.execPath, '-e', script], {size: [80, 24]})
    await terminal.expect(/tty true 80\?/)
    terminal.type('y')
    await terminal.expect(/^ ?you pressed y$/m)
    expect(await terminal.exitCode()).to.equal(4)
    await terminal.close()
  })
})
