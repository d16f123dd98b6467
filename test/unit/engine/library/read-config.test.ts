import {expect} from 'chai'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {ConfigError, readConfig} from '../../../../src/engine/library/read-config.js'

describe('a redis.conf on the disk', () => {
  let directory: string

  before(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'tscluster-read-config-'))
    mkdirSync(path.join(directory, 'conf.d'))
    writeFileSync(path.join(directory, 'conf.d', 'a.conf'), 'maxclients 11\ntimeout 5\n')
    writeFileSync(path.join(directory, 'conf.d', 'b.conf'), 'maxclients 12\n')
    writeFileSync(path.join(directory, 'conf.d', 'c.txt'), 'maxclients 13\n')
  })
  after(() => rmSync(directory, {recursive: true}))

  it('includes files, by name or by pattern, in the order of their names', () => {
    const config = readConfig({text: 'timeout 1\ninclude conf.d/*.conf\n', directory})
    expect([config.text('maxclients'), config.text('timeout')]).to.deep.equal(['12', '5'])
  })

  it('has a `dir` that is absolute, and is where it begins unless it says otherwise', () => {
    expect(readConfig({text: '', directory}).text('dir')).to.equal(directory)
    expect(readConfig({text: 'dir ./conf.d', directory}).text('dir')).to.equal(path.join(directory, 'conf.d'))
  })

  it('is refused in Redis’ words, with the line that is wrong', () => {
    const read = (): unknown => readConfig({text: 'port 7000\nbogus x\n', directory})
    expect(read).to.throw(ConfigError, "Bad directive or wrong number of arguments ('bogus x', line 2)")
    expect(reportOf(read)).to.equal(
      "\n*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***\nReading the configuration file, at line 2\n>>> 'bogus x'\n" +
        'Bad directive or wrong number of arguments\n',
    )
  })

  it('blames the line of a folder that is not there', () => {
    const read = (): unknown => readConfig({text: 'port 7000\ndir nowhere\n', directory})
    expect(reportOf(read)).to.contain("at line 2\n>>> 'dir nowhere'\nNo such file or directory")
  })

  it('says which included file is missing', () => {
    expect(() => readConfig({text: 'include nowhere.conf', directory})).to.throw(ConfigError, 'nowhere.conf')
  })
})

function reportOf(read: () => unknown): string {
  try {
    read()
    return ''
  } catch (error) {
    return (error as ConfigError).report
  }
}
