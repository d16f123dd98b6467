/**
 * The examples of docs/json.md are what the commands print: the same fields of the same types.
 * After a change that is meant: UPDATE=1 TSCLUSTER_TEST_PORTS=7000-7005 npm run test:e2e -- --grep json.md
 */
import {writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect} from 'chai'
import {DocumentedCluster} from '../support/documented-cluster.js'
import {firstOfEachKind, jsonExamples, shapeOf, shortened, withExamples} from '../support/json-examples.js'
import {PROJECT_ROOT} from '../support/project-root.js'
import {describeOnServers} from '../support/real-servers.js'
import {command} from '../support/resp.js'
import {readProjectFile} from '../support/source-tree.js'

describeOnServers('the examples of docs/json.md', ['redis-7.0'], (flavour) => {
  let cluster: DocumentedCluster

  before(async () => {
    cluster = await DocumentedCluster.start(flavour, 3)
    await cluster.run('tscluster create 127.0.0.1:7000-7002 --yes')
  })
  after(() => cluster.removeFolder())

  it('have the fields that the commands print', async () => {
    const document = readProjectFile('docs/json.md')
    const examples = jsonExamples(document)
    const texts: string[] = []
    for (const {line, events} of examples) {
      if (line.includes(' fix ')) await openASlot()
      const {stdout} = await cluster.run(line)
      texts.push(
        events ? asLines(firstOfEachKind(stdout)) : `${JSON.stringify(shortened(JSON.parse(stdout)), null, 2)}\n`,
      )
    }
    if (process.env['UPDATE'] === '1') {
      writeFileSync(path.join(PROJECT_ROOT, 'docs', 'json.md'), withExamples(document, texts))
      return
    }
    examples.forEach(({line, events, text}, index) => {
      expect(shapes(texts[index]!, events), line).to.deep.equal(shapes(text, events))
    })
  })

  /** As a reshard leaves it that was killed. */
  async function openASlot(): Promise<void> {
    const [first, second] = cluster.nodes
    const [from, to] = await Promise.all([command(first!, 'CLUSTER', 'MYID'), command(second!, 'CLUSTER', 'MYID')])
    await command(second!, 'CLUSTER', 'SETSLOT', 500, 'IMPORTING', String(from))
    await command(first!, 'CLUSTER', 'SETSLOT', 500, 'MIGRATING', String(to))
  }
})

function asLines(events: readonly object[]): string {
  return events.map((event) => `${JSON.stringify(shortened(event))}\n`).join('')
}

function shapes(text: string, events: boolean): string[] {
  if (!events) return shapeOf(JSON.parse(text))
  return text
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => shapeOf(JSON.parse(line)))
}
