/** Names, sizes and opening lines of files. */
import path from 'node:path'
import {expect} from 'chai'
import {projectFiles, readProjectFile, sourceFiles} from '../support/source-tree.js'

const CODE_FOLDERS = ['src', 'test', 'scripts', 'bin', 'bench']
const MOST_LINES = 500
/** Names that say nothing: what such a file holds belongs to the noun it is about. */
const EMPTY_NAMES = /^(utils?|helpers?|common|types|misc|shared|lib)$/
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*$/

const codeFiles = projectFiles().filter((file) => CODE_FOLDERS.includes(file.split('/')[0]!) && /\.(ts|js)$/.test(file))

describe('files', () => {
  it('are named for what they hold, in kebab-case', () => {
    const names = codeFiles.map((file) => ({file, stem: path.basename(file).replace(/(\.test)?\.(ts|js)$/, '')}))
    expect(
      names.filter(({stem}) => EMPTY_NAMES.test(stem) || !KEBAB_CASE.test(stem)).map(({file}) => file),
    ).to.deep.equal([])
  })

  it('lie in folders that are named so too', () => {
    const folders = new Set(codeFiles.flatMap((file) => path.dirname(file).split('/')))
    expect([...folders].filter((name) => EMPTY_NAMES.test(name) || !KEBAB_CASE.test(name))).to.deep.equal([])
  })

  it(`have at most ${MOST_LINES} lines`, () => {
    const long = codeFiles.filter((file) => readProjectFile(file).split('\n').length > MOST_LINES + 1)
    expect(long).to.deep.equal([])
  })

  it('open with their purpose', () => {
    // A test file says it in its first `describe`.
    const silent = sourceFiles('src').filter(({text}) => !/^\s*(\/\*\*|\/\/)/.test(text))
    expect(silent.map(({path: file}) => file)).to.deep.equal([])
  })

  it('leave nothing for later', () => {
    const later = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`)
    expect(codeFiles.filter((file) => later.test(readProjectFile(file)))).to.deep.equal([])
  })

  it('register every test: none is skipped, none runs alone', () => {
    const marks = /\b(it|describe)\.(skip|only)\(|\bthis\.skip\(/
    expect(codeFiles.filter((file) => file.endsWith('.test.ts') && marks.test(readProjectFile(file)))).to.deep.equal([])
  })
})
