/** `npm run demo` as far as it can be run without building anew: the story itself. */
import {spawn} from 'node:child_process'
import {readdirSync} from 'node:fs'
import os from 'node:os'
import {pathToFileURL} from 'node:url'
import path from 'node:path'
import {expect} from 'chai'
import {describeOnServers} from '../support/real-servers.js'
import {PROJECT_ROOT} from '../support/project-root.js'
import {NODE} from '../support/run-cli.js'

const STORY = pathToFileURL(path.join(import.meta.dirname, '..', '..', 'scripts', 'demo', 'story.js')).href

interface Told {
  readonly text: string
  readonly code: number | null
  readonly pid: number
}

/** @param interruptAfter words after which it gets a Ctrl-C */
function tell(real: boolean, interruptAfter?: string): Promise<Told> {
  return new Promise((resolve, reject) => {
    const script = `const {tellStory} = await import(${JSON.stringify(STORY)}); await tellStory(${JSON.stringify(PROJECT_ROOT)}, ${real})`
    const child = spawn(NODE, ['--input-type=module', '--eval', script], {stdio: ['ignore', 'pipe', 'inherit']})
    let text = ''
    let interrupted = false
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part
      if (interrupted || interruptAfter === undefined || !text.includes(interruptAfter)) return
      interrupted = true
      child.kill('SIGINT')
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({text, code, pid: child.pid!}))
  })
}

function foldersOf(pid: number): string[] {
  return readdirSync(os.tmpdir()).filter((name) => new RegExp(`^tscluster-(test|demo)-${pid}-`).test(name))
}

describeOnServers('the demo', ['engine', 'valkey-9.1'], (flavour) => {
  const real = flavour !== 'engine'

  it('tells its story to the end, loses nothing and leaves nothing behind', async () => {
    const {text, code, pid} = await tell(real)
    expect(text).to.match(/^\$ tscluster create /m)
    expect(text).to.match(/^done create: /m)
    expect(text).to.match(/^done reshard: 1,000 slots/m)
    expect(text).to.match(/writes acknowledged, 0 refused, 0 lost/)
    expect(text).to.contain('All 12,000 keys are what they were')
    expect(text, 'no colour and no redrawn lines without a terminal').not.to.contain('\u001b')
    expect(code).to.equal(0)
    expect(foldersOf(pid)).to.deep.equal([])
  })

  it('cleans up after Ctrl-C', async () => {
    const {text, code, pid} = await tell(real, '$ tscluster info')
    expect(text).to.contain('Interrupted')
    expect(code).to.equal(130)
    expect(foldersOf(pid)).to.deep.equal([])
  })
})
