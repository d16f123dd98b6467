/** `tscluster backup`: files that real servers load again, in a folder that redis-cli could have written. */
import {createHash} from 'node:crypto'
import {chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {programPath} from '../support/installed-servers.js'
import {quickCluster, type QuickCluster} from '../support/quick-cluster.js'
import {describeOnServers, WITH_ENGINE} from '../support/real-servers.js'
import {command} from '../support/resp.js'
import {runCli, startCli, startProgram} from '../support/run-cli.js'
import {startNodes} from '../support/server-nodes.js'
import {differences, digest, fillKeys} from '../support/test-data.js'
import {TLS_FILES} from '../support/tls-files.js'

interface Manifest {
  readonly files: readonly {
    readonly file: string
    readonly bytes: number
    readonly sha256: string
    readonly slots: string
  }[]
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(path.join(folder, 'manifest.json'), 'utf8')) as Manifest
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

describeOnServers('backup', WITH_ENGINE, (flavour) => {
  let cluster: QuickCluster
  let parent: string
  let folder: string

  before(async () => {
    cluster = await quickCluster(flavour, {replicasEach: 1})
    await fillKeys(cluster.nodes, 5_000, {valueBytes: 200})
    parent = mkdtempSync(path.join(os.tmpdir(), 'tscluster-backup-'))
  })

  beforeEach(() => {
    folder = path.join(mkdtempSync(path.join(parent, 'case-')), 'made', 'on', 'the', 'way')
  })

  after(() => rmSync(parent, {recursive: true, force: true}))

  it('writes a file of each primary that a server loads, so that nothing is missing', async () => {
    const {code, stdout, stderr} = await runCli(['backup', cluster.entry, folder])
    expect(code, stderr).to.equal(0)
    expect(stdout).to.match(/^done backup: 3 files, /)
    const {files} = manifestOf(folder)
    const restored = await Promise.all(files.map(({file}) => digestOfFile(path.join(folder, file))))
    const all = new Map(restored.flatMap((part) => [...part]))
    expect(differences(await digest(cluster.nodes), all)).to.deep.equal([])
  })

  it('writes nodes.json byte for byte as the cli of the servers does, beside files of the same names', async () => {
    mkdirSync(folder, {recursive: true})
    const theirs = path.join(folder, 'theirs')
    mkdirSync(theirs)
    const ours = path.join(folder, 'ours')
    const args = ['--cluster', 'backup', cluster.entry, theirs]
    expect((await startProgram(programPath(flavour, 'cli'), args).done).code).to.equal(0)
    expect((await runCli(['backup', cluster.entry, ours])).code).to.equal(0)
    expect(readFileSync(path.join(ours, 'nodes.json'), 'utf8')).to.equal(
      readFileSync(path.join(theirs, 'nodes.json'), 'utf8'),
    )
    const namesIn = (directory: string): string[] =>
      readdirSync(directory)
        .filter((name) => name.endsWith('.rdb'))
        .map((name) => name.replace(/^valkey-/, 'redis-'))
    expect(namesIn(ours)).to.deep.equal(namesIn(theirs))
  })

  it('tells sizes and sums, in manifest.json and with --json', async () => {
    const {stdout} = await runCli(['backup', cluster.entry, folder, '--json'])
    const result = JSON.parse(stdout) as Manifest & {readonly schema: string; readonly complete: boolean}
    expect(result).to.include({schema: 'tscluster.backup/1', complete: true})
    expect(result.files).to.deep.equal(manifestOf(folder).files)
    expect(result.files.map(({slots}) => slots)).to.have.members(['0-5460', '5461-10922', '10923-16383'])
    for (const {file, bytes, sha256: sum} of result.files) {
      expect(sha256(path.join(folder, file))).to.equal(sum)
      expect(readFileSync(path.join(folder, file))).to.have.length(bytes)
    }
  })

  it('names the file that it cannot write', async () => {
    writeFileSync(path.join(parent, 'in-the-way'), '')
    const {code, stderr} = await runCli(['backup', cluster.entry, path.join(parent, 'in-the-way')])
    expect(code).to.equal(1)
    expect(stderr).to.match(/^error cannot write '.*in-the-way': .* \[io\]$/m)
  })

  // The engine writes its file too fast to be interrupted: it has no rdb-key-save-delay.
  if (flavour !== 'engine') {
    it('leaves an older backup as it is when it is interrupted, and nothing half-written', async () => {
      mkdirSync(folder, {recursive: true})
      writeFileSync(path.join(folder, 'nodes.json'), 'of yesterday')
      for (const primary of cluster.primaries) await command(primary, 'CONFIG', 'SET', 'rdb-key-save-delay', 20_000)
      const running = startCli(['backup', cluster.entry, folder])
      await running.signalAfter(/backup: 0 saved, 3 under way/, 'SIGINT')
      const {code, stderr} = await running.done
      expect(code, stderr).to.equal(130)
      expect(stderr).to.match(/interrupted by the operator: nothing was saved/)
      expect(readdirSync(folder)).to.deep.equal(['nodes.json'])
      expect(readFileSync(path.join(folder, 'nodes.json'), 'utf8')).to.equal('of yesterday')
    })
  }

  /** What a server of this flavour has after it has loaded the file. */
  async function digestOfFile(file: string): Promise<Map<string, string>> {
    const directory = mkdtempSync(path.join(parent, 'restored-'))
    writeFileSync(path.join(directory, 'dump.rdb'), readFileSync(file))
    chmodSync(directory, 0o700)
    const fleet = await startNodes(flavour, 1, {cluster: false, config: {dir: directory}})
    try {
      return await digest([fleet.node(0)])
    } finally {
      await fleet.stop()
    }
  }
})

describeOnServers('backup over TLS, with a password', ['redis-7.0', 'valkey-9.1'], (flavour) => {
  it('logs in and writes the same files', async () => {
    const cluster = await quickCluster(flavour, {tls: true, password: 'secret'})
    await fillKeys(cluster.nodes, 300)
    const folder = mkdtempSync(path.join(os.tmpdir(), 'tscluster-backup-'))
    try {
      const tls = ['--tls', '--cacert', TLS_FILES.ca, '--cert', TLS_FILES.clientCert, '--key', TLS_FILES.clientKey]
      const {code, stderr} = await runCli(['backup', cluster.entry, folder, ...tls], {env: {REDISCLI_AUTH: 'secret'}})
      expect(code, stderr).to.equal(0)
      expect(manifestOf(folder).files).to.have.length(3)
    } finally {
      rmSync(folder, {recursive: true})
    }
  })
})

describeOnServers('backup of a cluster that is not whole', ['engine', 'redis-8.0'], (flavour) => {
  it('saves who answers, says what is missing, and fails', async () => {
    const cluster = await quickCluster(flavour, {nodeTimeoutMs: 500})
    await fillKeys(cluster.nodes, 100)
    await cluster.nodes.kill(2)
    const folder = mkdtempSync(path.join(os.tmpdir(), 'tscluster-backup-'))
    try {
      const {code, stdout} = await runCli(['backup', cluster.entry, folder])
      expect(code).to.equal(1)
      expect(stdout).to.include('incomplete backup: 2 files')
      expect(readFileSync(path.join(folder, 'nodes.json'), 'utf8')).to.include('"cluster_errors": ')
    } finally {
      rmSync(folder, {recursive: true})
    }
    expect(await command(cluster.nodes.node(0), 'PING')).to.equal('PONG')
  })
})
