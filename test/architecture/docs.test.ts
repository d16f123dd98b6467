/** README.md, CHANGELOG.md and docs/ say what is so: tables are complete, commands, flags, variables and links exist. */
import path from 'node:path'
import {expect} from 'chai'
import {EXIT, exitCodeOfError} from '../../src/cli/exit-code.js'
import {ManagerError, type ManagerErrorCode} from '../../src/manager/error.js'
import {projectFiles, readProjectFile} from '../support/source-tree.js'

interface Flag {
  readonly name: string
  readonly char?: string
  readonly aliases?: readonly string[]
  readonly hidden?: boolean
  readonly allowNo?: boolean
}

interface Manifest {
  readonly commands: Readonly<
    Record<string, {readonly hidden?: boolean; readonly flags: Readonly<Record<string, Flag>>}>
  >
}

interface PackageJson {
  readonly version: string
  readonly scripts: Readonly<Record<string, string>>
}

const manifest = JSON.parse(readProjectFile('oclif.manifest.json')) as Manifest
const packageJson = JSON.parse(readProjectFile('package.json')) as PackageJson
/** By name as it is typed: `engine start`. */
/** oclif's own, which its plugins document. */
const FROM_PLUGINS = /^(help|autocomplete)(:|$)/
const ownCommands = Object.entries(manifest.commands).filter(([id]) => !FROM_PLUGINS.test(id))
const commandsByName = new Map(ownCommands.map(([id, each]) => [id.replaceAll(':', ' '), each]))
const commands = [...commandsByName].filter(([, {hidden}]) => hidden !== true)
const commandNames = commands.map(([name]) => name).sort()

const documents = projectFiles().filter((file) => file.endsWith('.md'))
/** First words of two-word commands: `engine`. */
const TOPICS = new Set(
  [...commandsByName.keys()].filter((name) => name.includes(' ')).map((name) => name.split(' ')[0]!),
)
/** Commands that oclif's plugins bring; they are not in the manifest. */
const PLUGIN_COMMANDS = ['help', 'autocomplete', 'version']

/** First cells of the table rows that are a name in code. */
function codesInTables(text: string): string[] {
  return [...text.matchAll(/^\| `([a-z][a-z -]*)` \|/gm)].map(([, code]) => code!)
}

function section(text: string, from: string, to: string): string {
  const start = text.indexOf(from)
  expect(start, `${from} is a part of the document`).to.be.at.least(0)
  const end = text.indexOf(to, start)
  return text.slice(start, end < 0 ? undefined : end)
}

/** Names in a union of string literals, or of objects with a `kind`. */
function namesIn(file: string, pattern: RegExp): string[] {
  const names = [...readProjectFile(file).matchAll(pattern)].map(([, name]) => name!)
  expect(names, file).not.to.be.empty
  return names.sort()
}

describe('docs/exit-codes.md', () => {
  const rows = (text: string): string[][] =>
    [...text.matchAll(/^\| (\d+) \| (?:`(\w+)` \| )?/gm)].map(([, ...cells]) => cells.filter(Boolean))

  it('is the table that the program uses', () => {
    const codes = Object.entries(EXIT).map(([name, code]) => [String(code), name])
    expect(rows(readProjectFile('docs/exit-codes.md'))).to.deep.equal(codes)
  })

  it('is the table of the README, too', () => {
    const codes = Object.values(EXIT).map((code) => [String(code)])
    expect(rows(readProjectFile('README.md'))).to.deep.equal(codes)
  })
})

describe('docs/errors.md', () => {
  it('knows every code, with its exit code, and no other', () => {
    const rows = [...readProjectFile('docs/errors.md').matchAll(/^\| `([a-z-]+)` \| (\d+) \|/gm)]
    const documented = rows.map(([, code, exit]) => `${code} ${exit}`).sort()
    const codes = namesIn('src/manager/error.ts', /^ {2}\| '([a-z-]+)'/gm) as ManagerErrorCode[]
    expect(documented).to.deep.equal(codes.map((code) => `${code} ${exitCodeOfError(new ManagerError(code, ''))}`))
  })
})

describe('docs/json.md', () => {
  const text = readProjectFile('docs/json.md')

  it('names the schema of every command', () => {
    const rows = [...text.matchAll(/^\| `([a-z][a-z -]*)` \| \[`tscluster\.([a-z-]+)\/1`\]/gm)]
    expect(rows.map(([, command]) => command).sort()).to.deep.equal(commandNames)
    expect(rows.filter(([, command, schema]) => command!.replaceAll(' ', '-') !== schema)).to.deep.equal([])
  })

  it('describes every step of a plan, with its fields', () => {
    const rows = [...section(text, '| step `kind`', '## Events').matchAll(/^\| `([a-z-]+)` \| ([^|]+) \|/gm)]
    const steps = [...readProjectFile('src/manager/plan/step.ts').matchAll(/\{\s*readonly kind: '([a-z-]+)'([^}]*)\}/g)]
    const fieldsOf = (members: string): string[] => [...members.matchAll(/readonly (\w+):/g)].map(([, name]) => name!)
    expect(steps).not.to.be.empty
    expect(rows.map(([, kind, fields]) => `${kind} ${fields!.replaceAll('`', '')}`).sort()).to.deep.equal(
      steps.map(([, kind, members]) => `${kind} ${fieldsOf(members!).join(', ')}`).sort(),
    )
  })

  it('describes every field of a plan', () => {
    const documented = [...section(text, '## Plans', '| step `kind`').matchAll(/^\| `(\w+)` \|/gm)]
    const source = section(readProjectFile('src/manager/plan/plan.ts'), 'export interface Plan {', '\n}')
    const fields = [...source.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name]) => name)
    expect(documented.map(([, name]) => name)).to.deep.equal(fields)
  })

  it('describes every event', () => {
    const kinds = namesIn('src/manager/execute/event.ts', /readonly kind: '([a-z-]+)'/g)
    expect(codesInTables(section(text, '## Events', '<!--')).sort()).to.deep.equal(kinds)
  })
})

describe('docs/configuration.md', () => {
  const text = readProjectFile('docs/configuration.md')

  it('knows every variable that the program reads', () => {
    const read = variablesReadIn(/^(src|bin)\//)
    expect(read).to.include('REDISCLI_AUTH')
    expect(read.filter((name) => !text.includes(name))).to.deep.equal([])
  })

  it('knows every flag that all commands share', () => {
    const shared = Object.values(commandsByName.get('check')!.flags).filter(({name, hidden}) => {
      return hidden !== true && name !== 'help' && commands.every(([, {flags}]) => name in flags)
    })
    const missing = shared.filter(({name}) => !text.includes(`--${name}`))
    expect(missing.map(({name}) => name)).to.deep.equal([])
  })
})

describe('docs/architecture.md', () => {
  const text = readProjectFile('docs/architecture.md')

  it('has a row for every layer', () => {
    const folders = projectFiles('src').map((file) => file.split('/').slice(0, file.startsWith('src/manager/') ? 3 : 2))
    const layers = new Set(
      folders.map((parts) => parts.join('/').replace(/^src\/manager\/[\w-]+\.ts$/, 'src/manager/*.ts')),
    )
    expect([...layers].filter((layer) => !text.includes(`| \`${layer}\``))).to.deep.equal([])
  })

  it('has a row for every folder of tests', () => {
    const folders = new Set(
      projectFiles('test').flatMap((file) => /^test\/([\w-]+)\/.*\.test\.ts$/.exec(file)?.[1] ?? []),
    )
    expect([...folders].filter((folder) => !text.includes(`| \`test/${folder}\``))).to.deep.equal([])
  })

  it('knows every variable that the tests read', () => {
    const read = variablesReadIn(/^(test|scripts)\//).filter(
      (name) => name.startsWith('TSCLUSTER_') || name === 'UPDATE',
    )
    expect(read.filter((name) => !text.includes(`\`${name}\``))).to.deep.equal([])
  })
})

describe('README.md', () => {
  const text = readProjectFile('README.md')

  it('lists every command', () => {
    expect(codesInTables(section(text, '## Commands', '## Exit codes')).sort()).to.deep.equal(commandNames)
  })

  it('names only npm scripts that are there', () => {
    const named = documents.flatMap((file) => [...readProjectFile(file).matchAll(/npm run ([\w:]+)/g)])
    expect(named.map(([, name]) => name).filter((name) => !(name! in packageJson.scripts))).to.deep.equal([])
  })
})

describe('CHANGELOG.md', () => {
  it('has a section for this version', () => {
    expect(readProjectFile('CHANGELOG.md')).to.match(new RegExp(`^## \\[${packageJson.version}\\]`, 'm'))
  })
})

describe('all documents', () => {
  it('are read as far as a mistake would be found', () => {
    const text =
      '```sh\ntscluster reshrad a:1\n$ tscluster check a:1 --stict | jq .\ntscluster engine strat 1\n```\n' +
      '`tscluster fix a:1 --dry-run` `tscluster engine stop --remove-data` `tscluster engine run -- npm --silent test`'
    expect(commandLines(text).flatMap(faults)).to.deep.equal([
      'no command reshrad',
      'no flag --stict',
      'no command engine strat',
    ])
  })

  it('show only commands and flags that exist', () => {
    const wrong = documents.flatMap((file) =>
      commandLines(readProjectFile(file)).flatMap((line) =>
        faults(line).map((fault) => `${file}: ${fault} in "${line}"`),
      ),
    )
    expect(wrong).to.deep.equal([])
  })

  it('link only to files that are there', () => {
    const files = new Set(projectFiles().flatMap((file) => [file, ...foldersOf(file)]))
    const broken = documents.flatMap((file) =>
      [...readProjectFile(file).matchAll(/\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map(([, target]) => path.posix.join(path.posix.dirname(file), target!))
        .filter((target) => !files.has(target))
        .map((target) => `${file}: ${target}`),
    )
    expect(broken).to.deep.equal([])
  })
})

function foldersOf(file: string): string[] {
  const folder = path.posix.dirname(file)
  return folder === '.' ? [] : [folder, ...foldersOf(folder)]
}

function variablesReadIn(files: RegExp): string[] {
  const sources = projectFiles().filter((file) => files.test(file) && /\.[jt]s$/.test(file))
  const names = sources.flatMap((file) => [...readProjectFile(file).matchAll(/\benv(?:\.|\[')([A-Z][A-Z_]+)\b/g)])
  return [...new Set(names.map(([, name]) => name!))]
}

/** Of our own grammar: `tscluster --cluster …` is redis-cli's. */
function commandLines(markdown: string): string[] {
  const inBlocks = [...markdown.matchAll(/^```(?:sh|console)\n([\s\S]*?)^```$/gm)].flatMap(([, body]) =>
    body!.split('\n'),
  )
  const inline = [...markdown.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!)
  return [...inBlocks, ...inline]
    .flatMap((line) => /(?:^|\$ |\) )(tscluster .*)$/.exec(line)?.[1] ?? [])
    .filter((line) => !line.startsWith('tscluster -') && !line.startsWith('tscluster "'))
}

function faults(line: string): string[] {
  const [, ...typed] = (line.split(/ [|;#>]| \|\|/)[0] ?? '').split(' ')
  const end = typed.indexOf('--')
  // What follows `--` is somebody else's command line.
  const [command = '', ...words] = end < 0 ? typed : typed.slice(0, end)
  if (PLUGIN_COMMANDS.includes(command) || !/^[a-z-]+$/.test(command)) return []
  // What follows is another command with its flags, or a file.
  if (command === 'rehearse' && words.length > 0) return faults(`tscluster ${words.join(' ')}`)
  const [name, ...rest] = TOPICS.has(command)
    ? [`${command} ${words[0] ?? ''}`.trim(), ...words.slice(1)]
    : [command, ...words]
  const known = commandsByName.get(name)
  if (known === undefined) return TOPICS.has(name) ? [] : [`no command ${name}`]
  const flags = Object.values(known.flags).flatMap(({name: flag, char, aliases = [], allowNo}) => [
    `--${flag}`,
    ...(char === undefined ? [] : [`-${char}`]),
    ...(allowNo === true ? [`--no-${flag}`] : []),
    ...aliases.map((alias) => `--${alias}`),
  ])
  return rest
    .filter((word) => /^--?[a-z]/.test(word) && !flags.includes(word.split('=')[0]!))
    .map((word) => `no flag ${word}`)
}
