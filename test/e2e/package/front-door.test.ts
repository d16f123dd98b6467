/** The front doors: bin/run.js as users start it, bin/dev.js over the sources, and the package that is published. */
import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, symlinkSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {PROJECT_ROOT} from '../../support/project-root.js'
import {NODE, runCli, startProgram} from '../../support/run-cli.js'

const {version} = JSON.parse(readFileSync(path.join(PROJECT_ROOT, 'package.json'), 'utf8')) as {
  readonly version: string
}
const BANNER = new RegExp(
  `^tscluster/${version.replaceAll('.', '\\.')} ${process.platform}-${process.arch} node-v\\d+\\.`,
)

describe('bin/run.js', function () {
  this.timeout(60_000)

  for (const flag of ['--version', '-v', 'version']) {
    it(`tells its version for ${flag}`, async () => {
      const {stdout, stderr, code} = await runCli([flag])
      expect(stdout).to.match(BANNER)
      expect({stderr, code}).to.deep.equal({stderr: '', code: 0})
    })
  }

  it('says the same in oclif’s own words when more arguments follow', async () => {
    const [fast, slow] = await Promise.all([runCli(['--version']), runCli(['--version', '--help'])])
    expect(slow.stdout).to.equal(fast.stdout)
  })

  it('shows what it can do when it is asked for help', async () => {
    const {stdout, code} = await runCli(['--help'])
    expect(stdout).to.contain('USAGE').and.contain('$ tscluster [COMMAND]')
    expect(code).to.equal(0)
  })

  it('refuses an unknown command without a stack trace', async () => {
    const {stdout, stderr, code} = await runCli(['chekc'])
    expect(code).not.to.equal(0)
    expect(stdout + stderr)
      .to.contain('chekc')
      .and.not.match(/^\s+at /m)
  })

  it('goes on quietly when nobody reads its output any more', async () => {
    const piped = `"${NODE}" bin/run.js --help | true; echo "exit \${PIPESTATUS[0]}"`
    const {stdout, stderr} = await startProgram('bash', ['-c', piped]).done
    expect({stdout, stderr}).to.deep.equal({stdout: 'exit 0\n', stderr: ''})
  })

  it('looks for no compiler where developers have NODE_ENV set', async () => {
    const {stderr} = await runCli(['--help'], {env: {NODE_ENV: 'development'}})
    expect(stderr).to.equal('')
  })
})

describe('bin/dev.js', function () {
  this.timeout(60_000)

  it('runs the sources', async () => {
    const {stdout, stderr, code} = await startProgram(NODE, ['bin/dev.js', '--help']).done
    expect(stdout).to.contain('$ tscluster [COMMAND]')
    expect({stderr, code}).to.deep.equal({stderr: '', code: 0})
  })
})

describe('the package', function () {
  this.timeout(60_000)
  let folder: string
  let files: string[]

  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'tscluster-package-'))
    // The build has been made, and making it again would pull it away from under the tests that run beside this one.
    const answer = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: PROJECT_ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [packed] = JSON.parse(answer) as [
      {readonly filename: string; readonly files: readonly {readonly path: string}[]},
    ]
    files = packed.files.map((file) => file.path)
    execFileSync('tar', ['-xzf', path.join(folder, packed.filename), '-C', folder])
    symlinkSync(path.join(PROJECT_ROOT, 'node_modules'), path.join(folder, 'package', 'node_modules'))
  })

  after(() => {
    rmSync(folder, {recursive: true, force: true})
  })

  it('holds the program, its manifest, its documents and its licence', () => {
    expect(files).to.include.members(['bin/run.js', 'bin/run.cmd', 'oclif.manifest.json', 'LICENSE', 'README.md'])
    expect(files.filter((file) => file.startsWith('dist/'))).not.to.be.empty
  })

  it('holds no tests, no sources and no source maps', () => {
    expect(files.filter((file) => /\.map$|^(src|test|scripts|bench)\/|^bin\/dev/.test(file))).to.deep.equal([])
  })

  it('runs from where it is unpacked', async () => {
    const run = startProgram(NODE, [path.join(folder, 'package', 'bin', 'run.js'), '--help'], {cwd: folder})
    expect((await run.done).stdout).to.contain('$ tscluster [COMMAND]')
  })
})
