// Makes dist/tscluster.cjs, the command line in one file: hundreds of small files are pleasant to read and slow to load. What few
// commands need, and is large, is in files beside it. Part of `npm run build`.
import {createHash} from 'node:crypto'
import {readdirSync, readFileSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {ROOT} from './project.js'

const DIST = path.join(ROOT, 'dist')
const PROGRAM = 'tscluster.cjs'
/** Its place is taken by the build's own hash, of the same length: the source map's lines stay right. */
const BUILD_MARK = '0'.repeat(16)

/** What oclif would load as plugins at every start: their commands are the program's like any other. */
const PLUGINS = ['@oclif/plugin-autocomplete', '@oclif/plugin-help']

/** oclif looks for a compiler only where `settings.enableAutoTranspile` allows it. */
const NEVER_LOADED = ['typescript', 'tsx']

/**
 * Other people's lines that cost every command milliseconds, and what stands in the bundle instead. The build fails when one is not
 * there any more.
 */
const REWRITTEN = [
  {
    // The ids of commands are ASCII: to sort them takes no table of how the user's language sorts, which is 6 ms to load.
    file: /@oclif\/core\/lib\/config\/plugin\.js$/,
    from: 'a.id.localeCompare(b.id)',
    to: '(a.id < b.id ? -1 : 1)',
  },
  {
    // For flags that may be read from standard input, of which we have none.
    file: /@oclif\/core\/lib\/parser\/parse\.js$/,
    from: 'const node_readline_1 = require("node:readline");',
    to: 'const node_readline_1 = {get createInterface() { return require("node:readline").createInterface }};',
  },
  {
    // To ask Windows which shell is used there.
    file: /@oclif\/core\/lib\/util\/os\.js$/,
    from: 'const node_child_process_1 = require("node:child_process");',
    to: 'const node_child_process_1 = {get execSync() { return require("node:child_process").execSync }};',
  },
  {
    // Whether this is Linux within Windows is for one small package to say, and not for the one that also speaks to PowerShell.
    file: /@oclif\/core\/lib\/util\/os\.js$/,
    from: "(await import('wsl-utils')).isWsl",
    to: "(await import('is-wsl')).default",
  },
  {
    // oclif reads two small files of its own, in a thread that is started for it.
    file: /@oclif\/core\/lib\/util\/fs\.js$/,
    from: "(0, promises_1.readFile)(path, 'utf8')",
    to: "(0, node_fs_1.readFileSync)(path, 'utf8')",
  },
  ...[/util\/fs\.js$/, /util\/read-tsconfig\.js$/, /config\/ts-path\.js$/].map((file) => ({
    file: new RegExp(`@oclif\\/core\\/lib\\/${file.source}`),
    from: 'const promises_1 = require("node:fs/promises");',
    to: 'const promises_1 = new Proxy({}, {get: (_, name) => require("node:fs/promises")[name]});',
  })),
  // TLS is 4 ms to load, for who has a certificate.
  ...[
    /ioredis\/built\/connectors\/StandaloneConnector\.js$/,
    /ioredis\/built\/connectors\/SentinelConnector\/index\.js$/,
  ].map((file) => ({
    file,
    from: 'const tls_1 = require("tls");',
    to: 'const tls_1 = {get connect() { return require("tls").connect }};',
  })),
]

/** Ours is as much as our help texts need, and loads in no time. */
const REPLACED = {ejs: './src/cli/templates.ts'}

/**
 * What the program imports only when it is needed, and how it is recognized. Each is a file of its own: with them the main one
 * would be three times as long, and a command that uses none of it would take ten ms longer.
 */
const CHUNKS = [
  {file: 'tscluster-engine.cjs', import: /\/engine\/(?:index|library\/[a-z-]+)\.js$/},
  {file: 'tscluster-rehearsal.cjs', import: /\/rehearsal\/index\.js$/},
  {file: 'tscluster-prompts.cjs', import: /^inquirer$/},
  {file: 'tscluster-client.cjs', import: /^ioredis$/},
]

/** Beside what the compiler leaves in dist/. */
export async function bundle() {
  const {build} = await import('esbuild')
  const parts = new Map(CHUNKS.map(({file}) => [file, new Map()]))
  const metafiles = [await bundleFile(build, PROGRAM, programEntry(), [chunksApart(parts), rewriting()])]
  for (const [file, modules] of parts) metafiles.push(await bundleFile(build, file, chunkEntry(modules)))
  writeLicences(packagesOf(metafiles))
}

async function bundleFile(build, file, contents, plugins = []) {
  const {metafile} = await build({
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
    absWorkingDir: ROOT,
    legalComments: 'none',
    stdin: {contents, resolveDir: ROOT, sourcefile: 'program.js', loader: 'js'},
    outfile: path.join(DIST, file),
    external: [...NEVER_LOADED, ...CHUNKS.map((chunk) => `./${chunk.file}`)],
    alias: REPLACED,
    // Code that V8 compiled before cannot import; what is left outside are Node's own modules, which can be required.
    supported: {'dynamic-import': false},
    metafile: true,
    banner: {js: `// build ${BUILD_MARK}\nconst bundleUrl = require('node:url').pathToFileURL(__filename).href;`},
    define: {'import.meta.url': 'bundleUrl', 'import.meta.resolve': 'undefined'},
    plugins,
  })
  stampBuild(path.join(DIST, file))
  return metafile
}

/** In the place of a module that is in a chunk stands one line that asks the chunk for it. */
function chunksApart(parts) {
  return {
    name: 'chunks-apart',
    setup({onResolve, onLoad}) {
      onResolve({filter: /./}, ({path: name, kind, resolveDir}) => {
        const chunk = kind === 'dynamic-import' ? CHUNKS.find((each) => each.import.test(name)) : undefined
        if (chunk === undefined) return undefined
        const source = name.startsWith('.') ? path.resolve(resolveDir, name.replace(/\.js$/, '.ts')) : name
        const id = path.basename(source, '.ts')
        parts.get(chunk.file).set(id, source)
        // Two chunks may each have an index.
        return {path: `${chunk.file}/${id}`, namespace: 'chunk', pluginData: {file: chunk.file, id}}
      })
      onLoad({filter: /./, namespace: 'chunk'}, ({pluginData: {file, id}}) => ({
        contents: `module.exports = require(${JSON.stringify(`./${file}`)})[${JSON.stringify(id)}]`,
        resolveDir: ROOT,
      }))
    },
  }
}

function rewriting() {
  const files = new Map(
    REWRITTEN.map(({file}) => [file.source, REWRITTEN.filter((each) => each.file.source === file.source)]),
  )
  return {
    name: 'rewriting',
    setup({onLoad}) {
      for (const [source, changes] of files) {
        onLoad({filter: new RegExp(source)}, ({path: name}) => {
          const contents = changes.reduce((text, change) => rewrite(text, change, name), readFileSync(name, 'utf8'))
          return {contents, loader: 'js'}
        })
      }
    },
  }
}

function rewrite(text, {from, to}, name) {
  const parts = text.split(from)
  if (parts.length !== 2) throw new Error(`scripts/bundle.js rewrites "${from}" in ${name}: it is not there once`)
  return parts.join(to)
}

/** @param modules the chunk's, by the id that the program asks for */
function chunkEntry(modules) {
  const getters = [...modules].map(
    ([id, source]) => `get ${JSON.stringify(id)}() { return require(${JSON.stringify(source)}) }`,
  )
  return `module.exports = {${getters.join(',\n')}}`
}

/** What bin/ and oclif (package.json) ask the program for; each is loaded when it is asked for. */
function programEntry() {
  const commands = [...ownCommands(), ...PLUGINS.flatMap(pluginCommands)].map(
    ({id, file}) => `get ${JSON.stringify(id)}() { return require(${JSON.stringify(file)}).default }`,
  )
  return `
const COMMANDS = {${commands.join(',\n')}}
module.exports = {
  COMMANDS,
  get main() { return require('./src/cli/main.ts').main },
  get default() { return require('./src/cli/help.ts').default },
  get commandNotFound() { return require('./src/cli/command-not-found.ts').commandNotFound },
  get runDaemon() { return require('./src/cli/engine/daemon-main.ts').runDaemon },
  // What load-bundle.js may keep compiled code for: not for a mistyped word.
  isUse: (word) => word === 'daemon' || Object.keys(COMMANDS).some((id) => id.split(':')[0] === word),
}`
}

function ownCommands() {
  const folder = path.join(ROOT, 'src', 'commands')
  const names = readdirSync(folder, {recursive: true}).filter((name) => name.endsWith('.ts'))
  return names.sort().map((name) => {
    const words = name.slice(0, -'.ts'.length).split(path.sep)
    return {id: words.join(':'), file: `./src/commands/${words.join('/')}.ts`}
  })
}

/** Its manifest leads to the files of its commands. */
function pluginCommands(name) {
  const folder = `./node_modules/${name}`
  const {commands} = JSON.parse(readFileSync(path.join(ROOT, folder, 'oclif.manifest.json'), 'utf8'))
  return Object.entries(commands).map(([id, {relativePath}]) => ({id, file: [folder, ...relativePath].join('/')}))
}

function stampBuild(file) {
  const text = readFileSync(file, 'latin1')
  const build = createHash('sha256').update(text).digest('hex').slice(0, BUILD_MARK.length)
  writeFileSync(file, text.replace(BUILD_MARK, build), 'latin1')
}

function packagesOf(metafiles) {
  const files = metafiles.flatMap(({inputs}) => Object.keys(inputs))
  const names = files.map((file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1])
  return [...new Set(names.filter((name) => name !== undefined))].sort()
}

/** Their licences ask that the text goes with the copy. */
function writeLicences(packages) {
  const texts = packages.map((name) => {
    const folder = path.join(ROOT, 'node_modules', name)
    const {version, license} = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each))
    const text = file === undefined ? '' : `\n\n${readFileSync(path.join(folder, file), 'utf8').trim()}`
    return `${name} ${version} (${license})${text}\n`
  })
  writeFileSync(path.join(DIST, 'third-party-licences.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`))
}
