/**
 * The tour of README.md is true: each command is run on real servers, and what it prints is what the README shows.
 * After a change that is meant: UPDATE=1 TSCLUSTER_TEST_PORTS=7000-7005 npm run test:e2e -- --grep README
 */
import {writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect} from 'chai'
import {consoleCommands, withOutputs} from '../support/console-blocks.js'
import {DocumentedCluster} from '../support/documented-cluster.js'
import {PROJECT_ROOT} from '../support/project-root.js'
import {describeOnServers} from '../support/real-servers.js'
import {readProjectFile} from '../support/source-tree.js'

describeOnServers('the tour of README.md', ['redis-7.0'], (flavour) => {
  let cluster: DocumentedCluster

  before(async () => {
    cluster = await DocumentedCluster.start(flavour, 6)
  })
  after(() => cluster.removeFolder())

  it('prints what the README shows', async () => {
    const readme = readProjectFile('README.md')
    const commands = consoleCommands(readme)
    const outputs: string[] = []
    // Both streams through one pipe: in the order in which they were written.
    for (const {line} of commands) outputs.push((await cluster.run(`exec 2>&1; ${line}`)).both)
    if (process.env['UPDATE'] === '1') writeFileSync(path.join(PROJECT_ROOT, 'README.md'), withOutputs(readme, outputs))
    else commands.forEach(({line, output}, index) => expect(plain(outputs[index]!), line).to.equal(plain(output)))
  })
})

/** Without what differs from run to run: ids, times, versions, progress of a slow machine, and the widths of columns. */
function plain(text: string): string {
  return text
    .split('\n')
    .filter((line) => !/: \d[\d,]* of \d[\d,]* (slots|steps)/.test(line) && !/^(backup|waiting)\b/.test(line))
    .map((line) =>
      line
        .replace(/\b[0-9a-f]{40}\b|\b[0-9a-f]{8}\b/g, '<id>')
        .replace(/\b\d+(\.\d+)? s\b/g, '<time>')
        .replace(/\b\d+(\.\d+)? ([KM]iB|bytes)\b/g, '<size>')
        .replace(/\b(redis|valkey) \d+\.\d+\.\d+/g, '<version>')
        .replace(/ {2,}/g, '  ')
        .trimEnd(),
    )
    .join('\n')
    .trim()
}
