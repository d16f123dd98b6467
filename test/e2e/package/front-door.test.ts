/** The front doors: bin/run.js as users start it, bin/dev.js over the sources, and the package that is published. */
import {execFileSync} from 'node:child_process'
import {mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
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

describe('compiled code', function () {
  this.timeout(60_000)
  let home: string
  const help = (words: readonly string[] = ['check', '--help']) =>
    // Under coverage nothing is kept.
    runCli(words, {env: {XDG_CACHE_HOME: home, NODE_V8_COVERAGE: undefined}})
  const kept = (): string[] =>
    readdirSync(home, {recursive: true, withFileTypes: true})
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))

  beforeEach(() => {
    home = mkdtempSync(path.join(os.tmpdir(), 'tscluster-cache-'))
  })

  afterEach(() => {
    rmSync(home, {recursive: true, force: true})
  })

  it('is kept for the next run of the same command', async () => {
    const first = await help()
    const [file, ...others] = kept()
    expect(path.basename(file!)).to.match(/^help-tscluster-[0-9a-f]{16}$/)
    expect(others).to.deep.equal([])
    const before = readFileSync(file!)
    expect(await help()).to.deep.equal(first)
    expect(readFileSync(file!).equals(before)).to.equal(true)
  })

  it('is made anew when it is damaged, and decides nothing', async () => {
    const first = await help()
    const [file] = kept()
    writeFileSync(file!, readFileSync(file!).fill(0xff, 8, 4096))
    expect(await help()).to.deep.equal(first)
    expect(
      readFileSync(file!)
        .subarray(8, 4096)
        .every((byte) => byte === 0xff),
    ).to.equal(false)
  })

  it('is not kept for a word that is no command', async () => {
    await help(['chekc'])
    expect(kept()).to.deep.equal([])
  })

  it('is done without where nothing can be written', async () => {
    writeFileSync(path.join(home, 'tscluster'), 'a file in the way')
    const {code, stderr} = await help()
    expect({code, stderr}).to.deep.equal({code: 0, stderr: ''})
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
    const program = [
      'bin/run.js',
      'bin/run.cmd',
      'bin/tscluster-server.js',
      'dist/tscluster.cjs',
      'oclif.manifest.json',
    ]
    const library = ['dist/engine/index.js', 'dist/engine/index.d.ts', 'dist/model/slot.d.ts']
    const documents = ['LICENSE', 'README.md', 'CHANGELOG.md', 'dist/third-party-licences.txt']
    expect(files).to.include.members([...program, ...library, ...documents])
  })

  it('holds no tests, no sources and no source maps', () => {
    expect(files.filter((file) => /\.map$|^(src|test|scripts|bench)\/|^bin\/dev/.test(file))).to.deep.equal([])
  })

  it('runs from where it is unpacked', async () => {
    const run = startProgram(NODE, [path.join(folder, 'package', 'bin', 'run.js'), '--help'], {cwd: folder})
    expect((await run.done).stdout).to.contain('$ tscluster [COMMAND]')
  })
})
