/** Who may import whom: the table of docs/architecture.md, kept. */
import {expect} from 'chai'
import {sourceFiles, type SourceFile} from '../support/source-tree.js'

interface Layer {
  readonly name: string
  /** The files that belong to it. The first layer that matches is a file's own. */
  readonly files: RegExp
  /** Layers above it that it may import; its own files always. */
  readonly imports: readonly string[]
  /** Layers that it may load by `await import()` only; types of them may be imported. */
  readonly lazy?: readonly string[]
  readonly packages: readonly (string | RegExp)[]
}

const NODE = /^node:/

const ENGINE_BASE = ['model', 'engine base']
const ENGINE_DATA = [...ENGINE_BASE, 'resp', 'values', 'keyspace', 'persistence', 'replication']

/** The engine's half: neither it nor the manager knows the other; they meet on the wire. */
const ENGINE_LAYERS: readonly Layer[] = [
  {
    name: 'engine base',
    files: /^src\/engine\/(ports|limits|chance|apply-turn|core-host|gate)\.ts$/,
    imports: ['model'],
    packages: [],
  },
  {name: 'resp', files: /^src\/engine\/resp\//, imports: ENGINE_BASE, packages: []},
  {name: 'values', files: /^src\/engine\/values\//, imports: ENGINE_BASE, packages: []},
  {name: 'keyspace', files: /^src\/engine\/keyspace\//, imports: ENGINE_DATA.slice(0, 4), packages: []},
  {name: 'persistence', files: /^src\/engine\/persistence\//, imports: ENGINE_DATA.slice(0, 5), packages: []},
  {name: 'replication', files: /^src\/engine\/replication\//, imports: ENGINE_DATA.slice(0, 6), packages: []},
  {name: 'slot-migration', files: /^src\/engine\/slot-migration\//, imports: ENGINE_DATA, packages: []},
  {name: 'cluster', files: /^src\/engine\/cluster\//, imports: ENGINE_BASE, packages: []},
  {
    name: 'server',
    files: /^src\/engine\/server\//,
    imports: [...ENGINE_DATA, 'slot-migration', 'cluster'],
    packages: [],
  },
  {
    name: 'engine commands',
    files: /^src\/engine\/commands\//,
    imports: [...ENGINE_DATA, 'slot-migration', 'cluster', 'server'],
    packages: [],
  },
  {
    name: 'node',
    files: /^src\/engine\/node\//,
    imports: [...ENGINE_DATA, 'slot-migration', 'cluster', 'server', 'engine commands'],
    packages: [],
  },
  {name: 'host', files: /^src\/engine\/host\//, imports: [...ENGINE_BASE, 'server', 'node'], packages: [NODE]},
  {
    name: 'sim',
    files: /^src\/engine\/sim\//,
    imports: [...ENGINE_BASE, 'resp', 'keyspace', 'cluster', 'server', 'node'],
    packages: [],
  },
  {
    name: 'engine',
    files: /^src\/engine\/(index\.ts$|library\/)/,
    imports: [...ENGINE_BASE, 'resp', 'values', 'persistence', 'server', 'cluster', 'node', 'host', 'sim'],
    packages: [NODE],
  },
]

const LAYERS: readonly Layer[] = [
  {name: 'model', files: /^src\/model\//, imports: [], packages: []},
  ...ENGINE_LAYERS,
  {name: 'error-info', files: /^src\/manager\/error-info\.ts$/, imports: ['model'], packages: []},
  {name: 'view', files: /^src\/manager\/view\//, imports: ['model', 'error-info'], packages: []},
  {name: 'check', files: /^src\/manager\/check\//, imports: ['model', 'error-info', 'view'], packages: []},
  {name: 'plan', files: /^src\/manager\/plan\//, imports: ['model', 'error-info', 'view', 'check'], packages: []},
  {
    name: 'manager',
    files: /^src\/manager\/[^/]+\.ts$/,
    imports: ['model', 'error-info', 'view', 'check', 'plan'],
    packages: [],
  },
  {
    name: 'execute',
    files: /^src\/manager\/execute\//,
    imports: ['model', 'error-info', 'view', 'check', 'plan', 'manager'],
    packages: [],
  },
  {
    name: 'backup',
    files: /^src\/manager\/backup\//,
    imports: ['model', 'error-info', 'view', 'check', 'plan', 'manager'],
    packages: [],
  },
  {
    name: 'verify',
    files: /^src\/manager\/verify\//,
    imports: ['model', 'error-info', 'view', 'check', 'plan', 'manager', 'execute'],
    packages: [],
  },
  {
    name: 'wire words',
    files: /^src\/manager\/io\/(resp-words|translate-error)\.ts$/,
    imports: ['model', 'error-info', 'manager'],
    packages: [],
  },
  {
    name: 'io',
    files: /^src\/manager\/io\//,
    imports: ['model', 'error-info', 'view', 'check', 'plan', 'manager', 'execute', 'backup', 'wire words'],
    packages: ['ioredis', NODE],
  },
  {
    name: 'rehearsal',
    files: /^src\/rehearsal\//,
    imports: [
      ...['model', 'error-info', 'view', 'check', 'plan', 'manager', 'execute', 'wire words'],
      ...['engine base', 'resp', 'values', 'keyspace', 'sim'],
    ],
    packages: [],
  },
  {
    name: 'cli',
    files: /^src\/cli\//,
    imports: ['model', 'error-info', 'view', 'check', 'plan', 'manager', 'execute', 'backup', 'verify'],
    lazy: ['io', 'engine', 'rehearsal'],
    packages: ['@oclif/core', 'chalk', 'inquirer', 'cli-table3', 'fastest-levenshtein', NODE],
  },
  {
    name: 'commands',
    files: /^src\/commands\//,
    imports: ['model', 'error-info', 'view', 'check', 'plan', 'manager', 'execute', 'backup', 'verify', 'cli'],
    lazy: ['io', 'engine', 'rehearsal'],
    packages: ['@oclif/core'],
  },
]

/** What an operator would wait for at every start if a command loaded it before it needs it. */
const HEAVY_PACKAGES = ['ioredis', 'inquirer', 'cli-table3']

function layerOf(file: string): Layer | undefined {
  return LAYERS.find(({files}) => files.test(file))
}

function offences({path, imports}: SourceFile, layer: Layer): string[] {
  return imports.flatMap(({target, ours, kind}) => {
    if (!ours) {
      const allowed = layer.packages.some((each) => (typeof each === 'string' ? each === target : each.test(target)))
      return allowed ? [] : [`${path} imports ${target}`]
    }
    const other = layerOf(target)?.name ?? 'no layer'
    if (other === layer.name || layer.imports.includes(other)) return []
    if (layer.lazy?.includes(other) === true) return kind === 'static' ? [`${path} must load ${target} lazily`] : []
    return [`${path} (${layer.name}) imports ${target} (${other})`]
  })
}

/** Every chain of static imports, from the files given. */
function loadedWith(start: readonly SourceFile[], all: ReadonlyMap<string, SourceFile>): SourceFile[] {
  const loaded = new Set<SourceFile>()
  const queue = [...start]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (loaded.has(file)) continue
    loaded.add(file)
    for (const {target, kind} of file.imports) {
      const next = all.get(target)
      if (kind === 'static' && next !== undefined) queue.push(next)
    }
  }
  return [...loaded]
}

/** The first cycle found, as `a → b → a`; type imports count: two files that need each other's types are one file. */
function findCycle(all: ReadonlyMap<string, SourceFile>): string | undefined {
  const done = new Set<string>()
  const visit = (file: string, trail: readonly string[]): string | undefined => {
    if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file].join(' → ')
    if (done.has(file)) return undefined
    done.add(file)
    for (const {target, ours, kind} of all.get(file)?.imports ?? []) {
      const cycle = ours && kind !== 'lazy' ? visit(target, [...trail, file]) : undefined
      if (cycle !== undefined) return cycle
    }
    return undefined
  }
  for (const file of all.keys()) {
    const cycle = visit(file, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}

describe('the layers', () => {
  const files = sourceFiles('src')
  const byPath = new Map(files.map((file) => [file.path, file]))

  it('have a place for every source file', () => {
    expect(files.filter(({path}) => layerOf(path) === undefined).map(({path}) => path)).to.deep.equal([])
  })

  for (const layer of LAYERS) {
    const outside = layer.packages.map(String).join(', ') || 'nothing from outside'
    it(`${layer.name} imports only ${[...layer.imports, 'itself'].join(', ')}; ${outside}`, () => {
      const members = files.filter(({path}) => layerOf(path) === layer)
      expect(members.flatMap((file) => offences(file, layer))).to.deep.equal([])
    })
  }

  it('have no import cycle', () => {
    const cycle = findCycle(byPath)
    expect(cycle, cycle).to.equal(undefined)
  })

  it('import nothing that is not there', () => {
    const missing = files.flatMap(({path, imports}) =>
      imports.filter(({target, ours}) => ours && !byPath.has(target)).map(({target}) => `${path}: ${target}`),
    )
    expect(missing).to.deep.equal([])
  })

  it('keep heavy packages out of the start of every command', () => {
    const commands = files.filter(({path}) => path.startsWith('src/commands/'))
    const early = loadedWith(commands, byPath).flatMap(({path, imports}) =>
      imports
        .filter(({target, kind}) => kind === 'static' && HEAVY_PACKAGES.includes(target))
        .map(({target}) => `${path} loads ${target} at start`),
    )
    expect(early).to.deep.equal([])
  })

  it('know chalk in one file only', () => {
    const users = files.filter(({imports}) => imports.some(({target}) => target === 'chalk')).map(({path}) => path)
    expect(users.filter((path) => path !== 'src/cli/render/theme.ts')).to.deep.equal([])
  })
})
