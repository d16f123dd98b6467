/** docs/findings.md knows every code that a finding can carry. */
import {expect} from 'chai'
import {readProjectFile, sourceFiles} from '../../../support/source-tree.js'

/** `finding('code'`, and the helpers named for what they make: `nodeRefusal('code'`. */
const CODE_GIVEN = /\b(?:finding|\w*[rR]efusal)\(\s*'([a-z]+(?:-[a-z]+)*)'/g
/** Codes that are handed on before they become part of a finding. */
const CODES_HANDED_ON = [
  'slot-migrating',
  'slot-importing',
  'node-failed',
  'node-suspected',
  'needs-unreachable-primaries',
  'needs-accept-data-loss',
  'primary-alive',
  'cluster-down-for-now',
]

describe('docs/findings.md', () => {
  const text = readProjectFile('docs/findings.md')

  it('documents every code', () => {
    const given = sourceFiles('src/manager').flatMap((file) =>
      [...file.text.matchAll(CODE_GIVEN)].map((match) => match[1]!),
    )
    const codes = new Set([...given, ...CODES_HANDED_ON])
    expect([...codes].filter((code) => !text.includes(`\`${code}\``))).to.deep.equal([])
  })

  it('documents no code that does not exist', () => {
    const sources = sourceFiles('src/manager').map((file) => file.text)
    const documented = [...text.matchAll(/^\| ((?:`[a-z-]+`(?:, )?)+) \|/gm)].flatMap((row) =>
      row[1]!.match(/[a-z-]+/g)!,
    )
    expect(documented.filter((code) => !sources.some((source) => source.includes(`'${code}'`)))).to.deep.equal([])
  })
})
