/** What a redis.conf asks of a running node: stock files, renamed commands, sockets, limits, the system's log. */
import {chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {EngineFolder} from '../../support/engine/state-folder.js'
import {STOCK_REDIS_7_0, STOCK_VALKEY_9_1} from '../../support/engine/stock-conf.js'
import {freePort} from '../../support/free-ports.js'
import {serverCommand} from '../../support/installed-servers.js'
import {command, type RespValue} from '../../support/resp.js'
import {startProgram, type RunningCli} from '../../support/run-cli.js'
import {until} from '../../support/until.js'

const [NODE_PROGRAM, SERVER] = serverCommand('engine') as [string, string]

describe('an engine node with a redis.conf', function () {
  this.timeout(60_000)
  let folder: string
  let port: number
  let server: RunningCli

  beforeEach(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'tscluster-conf-'))
    port = await freePort()
  })
  afterEach(async () => {
    server.process.kill('SIGKILL')
    await server.done
    rmSync(folder, {recursive: true, force: true})
  })

  async function serve(text: string, env: Record<string, string> = {}): Promise<void> {
    writeFileSync(path.join(folder, 'redis.conf'), text)
    const args = [SERVER, 'redis.conf', '--port', String(port), '--save', '', '--pidfile', 'node.pid']
    server = startProgram(NODE_PROGRAM, args, {cwd: folder, env})
    await server.said(/Ready to accept connections/)
  }
  const call = (...words: string[]): Promise<RespValue> =>
    command({host: '127.0.0.1', port}, ...words).catch((error: Error) => error.message)

  it('starts with the file that Redis 7.0 comes with, CRLF or not', async () => {
    await serve(STOCK_REDIS_7_0.replaceAll('\n', '\r\n'))
    expect(await call('CONFIG', 'GET', 'client-output-buffer-limit')).to.deep.equal([
      'client-output-buffer-limit',
      'normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60',
    ])
  })

  it('starts with the file that Valkey 9.1 comes with, and knows commands only by their new names', async () => {
    await serve(
      `${STOCK_REDIS_7_0}${STOCK_VALKEY_9_1}\nrename-command GET hole\nrename-command FLUSHALL ""\nrequirepass "pässword"\n`,
    )
    const password = Buffer.from('pässword').toString('latin1')
    const target = {host: '127.0.0.1', port, password}
    const ask = (...words: string[]): Promise<RespValue> =>
      command(target, ...words).catch((error: Error) => error.message)
    await ask('SET', 'a', '1')
    expect(await ask('hole', 'a')).to.equal('1')
    expect(await ask('GET', 'a')).to.match(/^ERR unknown command 'GET'/)
    expect(await ask('FLUSHALL')).to.match(/^ERR unknown command/)
    expect(await ask('COMMAND', 'INFO', 'get')).to.deep.equal([null])
    const [[name]] = (await ask('COMMAND', 'INFO', 'hole')) as unknown as [[string]]
    expect(name).to.equal('get')
    expect(await call('PING')).to.match(/^NOAUTH/)
  })

  it('listens on a socket in the file system, with the permissions asked for, and keeps to maxclients', async () => {
    await serve('bind 127.0.0.1\nunixsocket node.sock\nunixsocketperm 700\nmaxclients 1\n')
    const file = path.join(folder, 'node.sock')
    expect(statSync(file).mode & 0o777).to.equal(0o700)
    const [first, second] = [net.connect(file), net.connect(file)]
    const said = (socket: net.Socket): Promise<string> =>
      new Promise((resolve) => socket.once('data', (chunk) => resolve(chunk.toString())))
    first.write('CLIENT INFO\r\n')
    expect(await said(first)).to.contain(`addr=${file}:0 laddr=${file}:0`)
    // It is told at once, and writes nothing: the connection may have ended by then.
    expect(await said(second)).to.equal('-ERR max number of clients reached\r\n')
    first.destroy()
    second.destroy()
  })

  it('moves to another port, address and folder while it runs, or stays where it is', async () => {
    await serve('bind 127.0.0.1\nenable-protected-configs local\n')
    const [former, taken] = [port, await freePort()]
    const failed = (name: string, why: string): string =>
      `ERR CONFIG SET failed (possibly related to argument '${name}') - ${why}`
    const squatter = net.createServer().listen(taken, '127.0.0.1')
    await new Promise((resolve) => squatter.once('listening', resolve))
    expect(await call('CONFIG', 'SET', 'port', String(taken), 'maxclients', '7')).to.equal(
      failed('port', 'Unable to listen on this port. Check server logs.'),
    )
    squatter.close()
    expect(await call('CONFIG', 'SET', 'bind', '203.0.113.7')).to.equal(
      failed('bind', 'Failed to bind to specified addresses.'),
    )
    expect(server.stdout).to.contain(
      `# Warning: Could not create server TCP listening socket 127.0.0.1:${taken}: bind: Address already in use`,
    )
    expect(server.stdout).to.contain(
      '# Failed applying new configuration. Possibly related to new bind setting. Restoring previous',
    )
    expect(await call('CONFIG', 'GET', 'maxclients')).to.deep.equal(['maxclients', '10000'])
    const moved = call('CONFIG', 'SET', 'port', String(taken))
    port = taken
    expect(await moved).to.equal('OK')
    expect(await call('PING')).to.equal('PONG')
    expect(await command({host: '127.0.0.1', port: former}, 'PING').catch(() => 'nobody')).to.equal('nobody')
    expect(await call('CONFIG', 'SET', 'dir', '/no/such')).to.equal(failed('dir', 'No such file or directory'))
    mkdirSync(path.join(folder, 'elsewhere'))
    expect(await call('CONFIG', 'SET', 'dir', 'elsewhere')).to.equal('OK')
    expect(await call('SAVE')).to.equal('OK')
    expect(existsSync(path.join(folder, 'elsewhere', 'dump.rdb'))).to.equal(true)
  })

  it('dies of DEBUG SEGFAULT by the signal, as redis-server does', async () => {
    await serve('bind 127.0.0.1\nenable-debug-command local\n')
    await call('DEBUG', 'SEGFAULT')
    const {signal, stdout} = await server.done
    expect(signal).to.equal('SIGSEGV')
    expect(stdout).to.match(/=== REDIS BUG REPORT END\./)
  })

  it('hands its lines to the system’s log', async () => {
    const logger = path.join(folder, 'logger')
    writeFileSync(logger, `#!/bin/sh\necho "$@" >> "${folder}/said"\nexec cat >> "${folder}/said"\n`)
    chmodSync(logger, 0o755)
    await serve('bind 127.0.0.1\nsyslog-enabled yes\nsyslog-ident mine\nsyslog-facility local3\n', {
      PATH: `${folder}:${process.env['PATH'] ?? ''}`,
    })
    const said = (): string =>
      existsSync(path.join(folder, 'said')) ? readFileSync(path.join(folder, 'said'), 'utf8') : ''
    await until(() => said().includes('Ready to accept connections\n'), {what: 'the line in the log of the system'})
    expect(said()).to.match(/^-t mine\[\d+\] -p local3\.notice$/m)
  })
})

describe('`tscluster engine start` with a redis.conf', function () {
  this.timeout(60_000)
  const folder = new EngineFolder()
  after(() => folder.remove())

  it('starts one node as the file says, --port over it, and stops at a wrong line', async () => {
    const [port] = (await folder.ports(1)) as [number]
    const file = path.join(folder.path, 'mine.conf')
    writeFileSync(file, '# mine\nport 1\nbind 127.0.0.1\ncluster-enabled no\nmaxclients 77\nsave ""\n')
    const started = await folder.run(['start', file, '--port', String(port)])
    expect(started).to.include({code: 0})
    expect(await command({host: '127.0.0.1', port}, 'CONFIG', 'GET', 'maxclients')).to.deep.equal(['maxclients', '77'])
    expect((await folder.run(['logs', String(port)])).stdout).to.contain('Ready to accept connections')
    writeFileSync(file, 'port 1\nfoo bar\n')
    const refused = await folder.run(['start', file])
    expect(refused).to.include({code: 2})
    expect(refused.stderr).to.contain("mine.conf: Bad directive or wrong number of arguments ('foo bar', line 2)")
    expect(await folder.run(['start', String(port), '--port', '5'])).to.include({code: 2})
  })
})
