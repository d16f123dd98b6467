/**
 * The budget of a start: what a command loads. Time is for bench/; a module too many is found here, on any machine. Node's own
 * modules count from a bare start on.
 */
import {expect} from 'chai'
import path from 'node:path'
import {PROJECT_ROOT} from '../../support/project-root.js'
import {NODE, startProgram} from '../../support/run-cli.js'

interface Loaded {
  /** Beyond those of a bare Node. */
  readonly builtins: readonly string[]
  /** Of the program, by name. */
  readonly files: readonly string[]
}

const TELL = path.join(PROJECT_ROOT, 'test', 'support', 'tell-loaded.cjs')
/** What costs most, and who needs it: prompts, programs that are started, TLS. */
const HEAVY = ['readline', 'child_process', 'tls', 'dns', 'http', 'worker_threads', 'inspector']

async function told(words: readonly string[]): Promise<Loaded> {
  const {stderr} = await startProgram(NODE, ['--require', TELL, ...words]).done
  const line = /^loaded (.*)$/m.exec(stderr)?.[1]
  if (line === undefined) throw new Error(`nothing was told: ${stderr}`)
  return JSON.parse(line) as Loaded
}

describe('the start of', function () {
  this.timeout(60_000)
  let bare: ReadonlySet<string>

  before(async () => {
    bare = new Set((await told(['-e', '0'])).builtins)
  })

  async function loadedBy(...words: string[]): Promise<Loaded> {
    const {builtins, files} = await told(['bin/run.js', ...words])
    return {builtins: builtins.filter((name) => !bare.has(name)), files}
  }

  it('--version is a bare Node’s, and one file', async () => {
    const {builtins, files} = await loadedBy('--version')
    expect(builtins).to.deep.equal([])
    expect(files).to.have.members(['tell-loaded.cjs', 'run.js'])
  })

  it('--help takes the program alone, and none of Node’s heavy modules', async () => {
    const {builtins, files} = await loadedBy('--help')
    expect(files).to.have.members(['tell-loaded.cjs', 'run.js', 'load-bundle.js', 'tscluster.cjs'])
    expect(builtins.filter((name) => HEAVY.includes(name))).to.deep.equal([])
    expect(builtins.length).to.be.at.most(70)
  })

  it('a look at nodes takes neither the engine, nor the prompts, nor a client library', async () => {
    const {builtins, files} = await loadedBy('check', '127.0.0.1:1', '--connect-timeout', '100ms')
    expect(files).to.have.members(['tell-loaded.cjs', 'run.js', 'load-bundle.js', 'tscluster.cjs'])
    expect(builtins.filter((name) => [...HEAVY, 'crypto', 'fs/promises'].includes(name))).to.deep.equal([])
    expect(builtins.length).to.be.at.most(70)
  })

  it('a command of the engine takes the engine, and no prompts', async () => {
    const {files} = await loadedBy('engine', 'status', '--dir', path.join(PROJECT_ROOT, '.cache', 'nobody-is-here'))
    expect(files).not.to.include('tscluster-prompts.cjs')
  })
})
