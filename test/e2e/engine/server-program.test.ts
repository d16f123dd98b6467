/** `tscluster-server`: a node with redis-server's command line, beside the real one where it is installed. */
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {freePort} from '../../support/free-ports.js'
import {findProgram, serverCommand} from '../../support/installed-servers.js'
import {command} from '../../support/resp.js'
import {startProgram, type CliOptions, type CliResult, type RunningCli} from '../../support/run-cli.js'
import {until} from '../../support/until.js'

const [NODE_PROGRAM, SERVER] = serverCommand('engine') as [string, string]

describe('tscluster-server', function () {
  this.timeout(60_000)
  let folder: string
  let port: number

  beforeEach(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'tscluster-server-'))
    port = await freePort()
  })
  afterEach(() => rmSync(folder, {recursive: true, force: true}))

  const start = (args: readonly string[], options: CliOptions = {}): RunningCli =>
    startProgram(NODE_PROGRAM, [SERVER, ...args], {cwd: folder, ...options})
  const run = (args: readonly string[], options?: CliOptions): Promise<CliResult> => start(args, options).done
  const ping = (): Promise<unknown> => command({host: '127.0.0.1', port}, 'PING')

  it('tells a version that tools can read', async () => {
    for (const flag of ['-v', '--version']) {
      const {stdout, code} = await run([flag])
      expect(stdout).to.match(/^Redis server v=7\.0\.15 sha=\w+:0 malloc=\S+ bits=\d+ build=tscluster-/)
      expect(code).to.equal(0)
    }
  })

  it('serves until SIGTERM, with the log of a redis-server', async () => {
    const server = start(['--port', String(port), '--bind', '127.0.0.1'])
    await server.said(/\* Ready to accept connections/)
    expect(await ping()).to.equal('PONG')
    server.process.kill('SIGTERM')
    const {stdout, code} = await server.done
    expect(code).to.equal(0)
    expect(stdout)
      .to.match(/^\d+:C \d\d \w{3} \d{4} [\d:.]{12} # oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo$/m)
      .and.match(/:M .* # Server initialized$/m)
      .and.match(/:signal-handler \(\d+\) Received SIGTERM scheduling shutdown\.\.\.$/m)
      .and.match(/ # User requested shutdown\.\.\.$/m)
      .and.match(/ # Redis is now ready to exit, bye bye\.\.\.\n$/)
    expect(existsSync(path.join(folder, 'dump.rdb')), 'saved as by default').to.equal(true)
  })

  it('ends with 0 after a client’s SHUTDOWN, and saves nothing where no save point is set', async () => {
    const server = start(['--port', String(port), '--save', '', '--bind', '127.0.0.1'])
    await server.said(/Ready to accept connections/)
    await command({host: '127.0.0.1', port}, 'SHUTDOWN').catch(() => undefined)
    expect(await server.done).to.include({code: 0})
    expect(existsSync(path.join(folder, 'dump.rdb'))).to.equal(false)
  })

  it('reads a file, standard input and options, of which the last one wins', async () => {
    writeFileSync(path.join(folder, 'redis.conf'), 'port 1\nmaxclients 11\ntimeout 11\ndatabases 3\n')
    const args = ['redis.conf', '--maxclients', '33', '--bind', '127.0.0.1', '-']
    const server = start(args, {input: `port ${port}\ntimeout 22\nmaxclients 22\n`})
    await server.said(/Ready to accept connections/)
    const values = (await command(
      {host: '127.0.0.1', port},
      'CONFIG',
      'GET',
      'maxclients',
      'timeout',
      'databases',
    )) as string[]
    expect(values.filter((_, index) => index % 2 === 1).toSorted()).to.deep.equal(['22', '3', '33'])
    server.process.kill('SIGINT')
    expect(await server.done).to.include({code: 0})
  })

  it('goes into the background with a pid file and a log file', async () => {
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--daemonize', 'yes']
    expect(await run([...args, '--pidfile', 'x.pid', '--logfile', 'x.log', '--dir', folder])).to.include({
      code: 0,
      stdout: '',
    })
    await until(ping, {what: 'the daemon to answer'})
    const file = path.join(folder, 'x.pid')
    process.kill(Number(readFileSync(file, 'utf8')), 'SIGTERM')
    await until(() => !existsSync(file), {what: 'the pid file to be removed'})
    await until(() => readFileSync(path.join(folder, 'x.log'), 'utf8').includes('bye bye'), {what: 'the last words'})
  })

  it('says that a port is taken in the words that others look for, and ends with 1', async () => {
    const server = start(['--port', String(port), '--bind', '127.0.0.1'])
    await server.said(/Ready to accept connections/)
    const {stdout, code} = await run(['--port', String(port), '--bind', '127.0.0.1'])
    server.process.kill('SIGTERM')
    await server.done
    expect(code).to.equal(1)
    expect(stdout)
      .to.contain('bind: Address already in use')
      .and.contain(`Failed listening on port ${port} (TCP), aborting.`)
  })

  it('shares its nodes.conf with no other node, engine or real, and finds it free after a kill -9', async () => {
    const node = async (): Promise<string[]> => ['--port', String(await freePort()), ...['--cluster-enabled', 'yes']]
    const inUse =
      /Sorry, the cluster configuration file nodes\.conf is already used by a different Redis Cluster node\./
    const isReady = /Ready to accept connections/
    const first = start(await node())
    await first.said(isReady)
    const second = await run(await node())
    expect(second.code).to.equal(1)
    expect(second.stdout).to.match(inUse)
    first.process.kill('SIGKILL')
    await first.done
    const third = start(await node())
    await third.said(isReady)
    third.process.kill('SIGTERM')
    await third.done
    const real = findProgram('redis-7.0')
    if (real === undefined) return
    const other = startProgram(real, await node(), {cwd: folder})
    await other.said(isReady)
    const fourth = await run(await node())
    other.process.kill('SIGKILL')
    await other.done
    expect(fourth.code).to.equal(1)
    expect(fourth.stdout).to.match(inUse)
  })

  const WRONG: readonly (readonly string[])[] = [
    ['--bogus', '1'],
    ['--port', 'abc'],
    ['--port'],
    ['--port', '1', '2'],
    ['--port 7000', '--daemonize', 'maybe'],
    ['--dir', '/no/such/folder'],
    ['--port', '7000', '--save', 'x'],
  ]
  for (const args of WRONG) {
    it(`refuses ${args.join(' ')} as redis-server does`, async () => {
      const ours = await run(args)
      expect(ours.code).to.equal(1)
      expect(ours.stderr).to.contain('*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***')
      const real = findProgram('redis-7.0')
      if (real === undefined) return
      const theirs = await startProgram(real, args, {cwd: folder}).done
      expect(ours.stderr).to.equal(theirs.stderr)
    })
  }

  it('keeps its settings with CONFIG REWRITE', async () => {
    const file = path.join(folder, 'redis.conf')
    writeFileSync(file, `# mine\nport ${port}\nbind 127.0.0.1\nsave ""\n`)
    const server = start(['redis.conf'])
    await server.said(/Ready to accept connections/)
    await command({host: '127.0.0.1', port}, 'CONFIG', 'SET', 'maxclients', 99)
    expect(await command({host: '127.0.0.1', port}, 'CONFIG', 'REWRITE')).to.equal('OK')
    server.process.kill('SIGTERM')
    await server.done
    expect(readFileSync(file, 'utf8'))
      .to.match(/^# mine\n/)
      .and.contain('maxclients 99')
  })
})
