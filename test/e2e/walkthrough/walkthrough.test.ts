/**
 * docs/walkthrough.md is true: each of its commands is run, on nodes of the engine, and prints what stands there.
 * After a change that is meant: UPDATE=1 TSCLUSTER_TEST_PORTS=7000-7007 npm run test:e2e -- --grep walkthrough.md
 */
import {writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect} from 'chai'
import {PROJECT_ROOT} from '../../support/project-root.js'
import {readProjectFile} from '../../support/source-tree.js'
import {describeInTerminal} from '../../support/terminal.js'
import {CHAPTERS, OPENING} from './chapters.js'
import {comparable, type Played, sectionIn, sectionOf, wrapped} from './document.js'
import {Stage} from './stage.js'

const FILE = path.join(PROJECT_ROOT, 'docs', 'walkthrough.md')
const IS_UPDATE = process.env['UPDATE'] === '1'

describeInTerminal('docs/walkthrough.md', () => {
  const document = IS_UPDATE ? '' : readProjectFile('docs/walkthrough.md')
  const sections: string[] = []
  let stage: Stage

  before(async () => {
    stage = await Stage.open()
  })
  after(() => stage.close())

  CHAPTERS.forEach((chapter, index) => {
    it(chapter.title, async function () {
      this.timeout(400_000)
      // Each chapter begins where the one before has ended.
      expect(sections, 'chapters that were played to their ends').to.have.length(index)
      const played: Played[] = []
      for (const step of chapter.steps) played.push(await stage.play(step))
      const section = sectionOf(chapter, played)
      sections.push(section)
      if (!IS_UPDATE) expect(comparable(section)).to.equal(comparable(sectionIn(document, chapter.title)))
    })
  })

  it('has these chapters and no others', () => {
    const text = [`${wrapped(OPENING)}\n`, ...sections].join('\n')
    if (IS_UPDATE) return writeUnlessEqual(text)
    expect(comparable(text)).to.equal(comparable(document))
  })
})

/** Where nothing differs but what differs in every run, the document stays as it is. */
function writeUnlessEqual(text: string): void {
  if (comparable(readProjectFile('docs/walkthrough.md')) !== comparable(text)) writeFileSync(FILE, text)
}
