/** `tscluster engine start`, `status`, `stop` and `logs`: nodes in the background. */
import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import net from 'node:net'
import {expect} from 'chai'
import {EngineFolder} from '../../support/engine/state-folder.js'
import {command, type RespError} from '../../support/resp.js'
import {until} from '../../support/until.js'

const at = (port: number): {host: string; port: number} => ({host: '127.0.0.1', port})
const ping = (port: number): Promise<unknown> => command(at(port), 'PING')

describe('the engine in the background', function () {
  this.timeout(60_000)
  let folder: EngineFolder

  beforeEach(() => {
    folder = new EngineFolder()
  })
  afterEach(() => folder.remove())

  it('starts nodes that answer when the command returns, in one process', async () => {
    const ports = await folder.ports(3)
    const {code, stdout} = await folder.run(['start', ...ports.map(String)])
    expect(await Promise.all(ports.map(ping))).to.deep.equal(['PONG', 'PONG', 'PONG'])
    expect(stdout).to.match(/^3 nodes run on 127\.0\.0\.1:\d+/)
    expect(code).to.equal(0)
    const {pid, nodes} = await folder.status()
    expect(nodes.map((node) => node.port)).to.deep.equal(ports.toSorted((a, b) => a - b))
    expect(new Set(nodes.map((node) => node.pid))).to.deep.equal(new Set([pid]))
  })

  it('lists them with id, role and state, and knows the stopped ones from their files', async () => {
    const [one, other] = (await folder.ports(2)) as [number, number]
    await folder.run(['start', String(one), String(other)])
    const id = await command(at(one), 'CLUSTER', 'MYID')
    await folder.run(['stop', String(one)])
    const nodes = new Map((await folder.status()).nodes.map((node) => [node.port, node]))
    expect(nodes.get(one)).to.include({id, role: 'primary', state: 'stopped', pid: null, uptimeMs: null})
    expect(nodes.get(other)).to.include({role: 'primary', state: 'fail', host: '127.0.0.1'})
    const {stdout} = await folder.run(['status'])
    expect(stdout).to.match(/^PORT +ID +ROLE +STATE +PID +UPTIME +FOLDER\n/)
    expect(stdout).to.match(new RegExp(`^${one} +[0-9a-f]{8} +primary +stopped +- +- +${folder.file(one)}$`, 'm'))
  })

  it('brings a node back with its id, its settings and its data', async () => {
    const [port] = (await folder.ports(1)) as [number]
    await folder.run(['start', String(port), '--standalone', '--set', 'maxclients=77'])
    await command(at(port), 'SET', 'a', '1')
    await folder.run(['stop'])
    expect(await ping(port).catch((error: Error) => error.message)).to.contain('ECONNREFUSED')
    await folder.run(['start', String(port)])
    expect(await command(at(port), 'GET', 'a')).to.equal('1')
    expect(await command(at(port), 'CONFIG', 'GET', 'maxclients')).to.deep.equal(['maxclients', '77'])
  })

  it('leaves alone what runs, adds what does not, and says so', async () => {
    const [one, other] = (await folder.ports(2)) as [number, number]
    await folder.run(['start', String(one)])
    const {pid} = await folder.status()
    const {code, stdout, stderr} = await folder.run(['start', String(one), String(other)])
    expect(code).to.equal(0)
    expect(stderr).to.contain(`127.0.0.1:${one} ran already`)
    expect(stdout).to.contain(`(process ${pid})`)
  })

  it('names who has a port, and starts nothing', async () => {
    const [free, taken] = (await folder.ports(2)) as [number, number]
    const server = net.createServer().listen(taken, '127.0.0.1')
    const {code, stdout, stderr} = await folder.run(['start', String(free), String(taken)])
    server.close()
    expect(code).to.equal(3)
    expect(stdout).to.equal('')
    expect(stderr).to.match(
      new RegExp(`^error 127\\.0\\.0\\.1:${taken} its port ${taken} is in use by .*\\[refused\\]\n$`),
    )
    if (process.platform === 'linux') expect(stderr).to.contain(`(process ${process.pid})`)
    expect((await folder.status()).nodes).to.deep.equal([])
  })

  it('names a bus port that is taken', async () => {
    const [port] = (await folder.ports(1)) as [number]
    const server = net.createServer().listen(port + 10_000, '127.0.0.1')
    const {code, stderr} = await folder.run(['start', String(port)])
    server.close()
    expect(code).to.equal(3)
    expect(stderr).to.contain(`its bus port ${port + 10_000} is in use`)
  })

  it('says that a process was killed, and starts its nodes again', async () => {
    const [port] = (await folder.ports(1)) as [number]
    await folder.run(['start', String(port)])
    const {pid} = await folder.status()
    process.kill(pid!, 'SIGKILL')
    await until(async () => (await folder.status()).stalePid === pid, {what: 'the process to be found gone'})
    const status = await folder.run(['status'])
    expect(status.stderr).to.contain(`process ${pid} is gone`).and.contain('engine start')
    const started = await folder.run(['start', String(port)])
    expect(started.stderr).to.contain(`process ${pid} is gone`)
    expect(started.code).to.equal(0)
    expect(await ping(port)).to.equal('PONG')
  })

  it('takes no other process for its own because of an old record', async () => {
    const record = {
      schema: 'tscluster.engine-daemon/1',
      pid: process.pid,
      socket: folder.file('none.sock'),
      version: '0',
      startedMs: 0,
    }
    writeFileSync(folder.file('engine.json'), JSON.stringify(record))
    const {stderr, code} = await folder.run(['stop'])
    expect(code).to.equal(0)
    expect(stderr).to.contain(`process ${process.pid} is gone`)
    expect(existsSync(folder.file('engine.json'))).to.equal(false)
  })

  it('stops without complaint what does not run', async () => {
    expect(await folder.run(['stop'])).to.include({code: 0, stdout: ''})
    const {code, stderr} = await folder.run(['stop', '7000'])
    expect(code).to.equal(0)
    expect(stderr).to.contain('no node of this folder runs on port 7000')
  })

  it('removes folders only when it is told to', async () => {
    const [port] = (await folder.ports(1)) as [number]
    await folder.run(['start', String(port)])
    await folder.run(['stop'])
    expect(existsSync(folder.file(port))).to.equal(true)
    const {stdout} = await folder.run(['stop', '--remove-data'])
    expect(stdout).to.contain('1 folder removed')
    expect(existsSync(folder.file(port))).to.equal(false)
  })

  it('ends with its last node, even when a client shuts that down', async () => {
    const [port] = (await folder.ports(1)) as [number]
    await folder.run(['start', String(port)])
    await command(at(port), 'SHUTDOWN', 'NOSAVE').catch(() => undefined)
    await until(async () => (await folder.status()).pid === null, {what: 'the process to end'})
    expect(existsSync(folder.file('engine.json'))).to.equal(false)
  })

  it('tells which directive is wrong, and which node did not start for it', async () => {
    const [port] = (await folder.ports(1)) as [number]
    const {code, stderr} = await folder.run(['start', String(port), '--set', 'bogus=1'])
    expect(code).to.equal(1)
    expect(stderr).to.match(new RegExp(`^error 127\\.0\\.0\\.1:${port} did not start: Bad directive .*'bogus 1'`))
  })

  it('begins a node with a redis.conf, and asks for its password', async () => {
    const [port] = (await folder.ports(1)) as [number]
    writeFileSync(folder.file('base.conf'), 'requirepass secret\nmasterauth secret\n')
    await folder.run(['start', String(port), '--config', folder.file('base.conf')])
    expect(await ping(port).catch((error: RespError) => error.message)).to.contain('NOAUTH')
    expect((await folder.status()).nodes[0]).to.include({role: 'primary'})
  })
})

describe('the engine in the foreground', function () {
  this.timeout(60_000)

  it('says when it is ready, is found by the other commands, and ends well with a signal', async () => {
    const folder = new EngineFolder()
    const [port] = (await folder.ports(1)) as [number]
    const running = folder.start(['start', String(port), '--foreground'])
    await running.said(/1 node runs on/)
    expect(await ping(port)).to.equal('PONG')
    expect((await folder.status()).pid).to.equal(running.process.pid)
    running.process.kill('SIGTERM')
    expect(await running.done).to.include({code: 0})
    expect(readFileSync(folder.file(port, 'server.log'), 'utf8')).to.contain('User requested shutdown')
    await folder.remove()
  })

  it('ends when the nodes are stopped', async () => {
    const folder = new EngineFolder()
    const [port] = (await folder.ports(1)) as [number]
    const running = folder.start(['start', String(port), '--foreground'])
    await running.said(/1 node runs on/)
    expect((await folder.run(['stop'])).stdout).to.contain('1 node stopped')
    expect(await running.done).to.include({code: 0})
    await folder.remove()
  })
})

describe('the logs of the engine’s nodes', function () {
  this.timeout(60_000)
  let folder: EngineFolder
  let ports: number[]

  before(async () => {
    folder = new EngineFolder()
    ports = await folder.ports(2)
    await folder.run(['start', ...ports.map(String)])
  })
  after(() => folder.remove())

  it('are shown to their last lines', async () => {
    const {stdout} = await folder.run(['logs', String(ports[0]), '-n', '1'])
    expect(stdout).to.match(/^\d+:M .* \* Ready to accept connections\n$/)
  })

  it('begin with the port where there is more than one', async () => {
    const {stdout} = await folder.run(['logs', '-n', '1'])
    for (const port of ports) expect(stdout).to.match(new RegExp(`^${port} \\| .*Ready to accept connections$`, 'm'))
  })

  it('are a document with --json', async () => {
    const {stdout} = await folder.run(['logs', String(ports[0]), '--json', '-n', '2'])
    const {nodes} = JSON.parse(stdout) as {nodes: {port: number; lines: string[]}[]}
    expect(nodes.map(({port, lines}) => [port, lines.length])).to.deep.equal([[ports[0], 2]])
  })

  it('can be followed until Ctrl-C', async () => {
    const running = folder.start(['logs', String(ports[1]), '-f', '-n', '0'])
    await until(
      async () => {
        await command(at(ports[1]!), 'BGSAVE').catch(() => undefined)
        return running.stdout.includes('Background saving')
      },
      {what: 'a line that came later'},
    )
    running.process.kill('SIGINT')
    expect(await running.done).to.include({code: 0})
  })

  it('of a port that has none are wrong usage', async () => {
    const {code, stderr} = await folder.run(['logs', '7'])
    expect(code).to.equal(2)
    expect(stderr).to.contain('no log of a node on port 7')
  })
})
