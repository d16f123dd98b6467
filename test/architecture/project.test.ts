/** The project as a whole stands alone, and its lists are complete. */
import os from 'node:os'
import path from 'node:path'
import {expect} from 'chai'
import {PROJECT_ROOT} from '../support/project-root.js'
import {projectFiles, readProjectFile} from '../support/source-tree.js'

interface PackageJson {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

interface Manifest {
  readonly version: string
  readonly commands: Readonly<Record<string, unknown>>
}

const BINARY = /\.(png|rdb|gif|ico)$/

/** The machine this runs on: the folder beside which the project lies, and the registry its packages came from. */
function placesOfThisMachine(): string[] {
  const parent = path.dirname(path.resolve(PROJECT_ROOT))
  const registry = process.env['npm_config_registry']
  const anywhere = ['/', os.tmpdir(), os.homedir()].includes(parent)
  return [...(anywhere ? [] : [`${parent}/`]), ...(registry === undefined ? [] : [new URL(registry).host])]
}

describe('the project', () => {
  const packageJson = JSON.parse(readProjectFile('package.json')) as PackageJson

  it('names no place of the machine it was made on', () => {
    const places = placesOfThisMachine()
    const found = projectFiles()
      .filter((file) => !BINARY.test(file))
      .filter((file) => places.some((place) => readProjectFile(file).includes(place)))
    expect(found).to.deep.equal([])
  })

  it('locks its dependencies without saying where they were fetched', () => {
    expect(readProjectFile('package-lock.json')).not.to.contain('"resolved": "http')
  })

  it('gives a reason for every dependency, and for no other', () => {
    const names = Object.keys({...packageJson.dependencies, ...packageJson.devDependencies}).sort()
    const explained = [...readProjectFile('docs/dependencies.md').matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name)
    expect(explained.sort()).to.deep.equal(names)
  })

  it('lists every command in the manifest that start-up reads', () => {
    const manifest = JSON.parse(readProjectFile('oclif.manifest.json')) as Manifest
    const commands = projectFiles('src/commands')
      .filter((file) => file.endsWith('.ts'))
      .map((file) => file.slice('src/commands/'.length, -'.ts'.length).replaceAll('/', ':'))
    const fromPlugins = ['autocomplete', 'autocomplete:create', 'autocomplete:script', 'help']
    expect(Object.keys(manifest.commands).sort()).to.deep.equal([...commands, ...fromPlugins].sort())
    expect(manifest.version).to.equal((JSON.parse(readProjectFile('package.json')) as Manifest).version)
  })
})
