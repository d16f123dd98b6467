// Loads the program (dist/tscluster.cjs, and the files beside it that few commands need) with the machine code of an earlier run:
// compiling is half of a short command's time.
//
// What V8 compiled is kept in the user's cache folder, per version of V8, build of the program and use of it (a command compiles
// little of the whole). The source alone decides what runs: a cache that is missing, foreign or damaged only costs its time.
const {mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync} = require('node:fs')
const {createRequire, Module} = require('node:module')
const os = require('node:os')
const path = require('node:path')
const vm = require('node:vm')

/** By then a server serves. */
const START_MS = 2000
const DIST = path.join(__dirname, '..', 'dist')
const PROGRAM = path.join(DIST, 'tscluster.cjs')
/** As the program asks for the files beside it. */
const CHUNK = /^\.\/tscluster-[a-z]+\.cjs$/

/**
 * @param use what will be asked of it, such as the command's first word
 * @returns the bundle's exports (scripts/bundle.js lists them)
 */
function loadBundle(use) {
  if (!isCacheable()) return require(PROGRAM)
  const program = loadCompiled(PROGRAM, use)
  if (program.exports.isUse(use)) program.save()
  return program.exports
}

module.exports = {loadBundle}

/** Coverage is exact only for code that V8 compiled in the same run. */
function isCacheable() {
  const {NODE_V8_COVERAGE, NODE_DISABLE_COMPILE_CACHE} = process.env
  return NODE_V8_COVERAGE === undefined && NODE_DISABLE_COMPILE_CACHE === undefined
}

/** @returns the exports, and what keeps the machine code for the next time if it is new */
function loadCompiled(file, use) {
  // The bundle is ASCII: a byte is a character.
  const source = readFileSync(file, 'latin1')
  const cache = cacheFile(file, source, use)
  const cachedData = cache === undefined ? undefined : readIfThere(cache)
  const script = new vm.Script(Module.wrap(source), {filename: file, cachedData})
  const bundle = new Module(file)
  bundle.filename = file
  // oclif asks for its commands by the bundle's name.
  require.cache[file] = bundle
  script.runInThisContext()(bundle.exports, requireFor(file, use), bundle, file, DIST)
  bundle.loaded = true
  const isNew = cache !== undefined && (cachedData === undefined || script.cachedDataRejected === true)
  const save = () => isNew && keepOnce(() => keep(cache, script.createCachedData()))
  return {exports: bundle.exports, save}
}

function requireFor(file, use) {
  const nodeRequire = createRequire(file)
  return Object.assign((id) => (CHUNK.test(id) ? loadChunk(path.join(DIST, id), use) : nodeRequire(id)), nodeRequire)
}

function loadChunk(file, use) {
  const loaded = require.cache[file]
  if (loaded !== undefined) return loaded.exports
  const chunk = loadCompiled(file, use)
  chunk.save()
  return chunk.exports
}

/** When a short run ends, or a long one has started: then what the start needs has been compiled. */
function keepOnce(save) {
  const saveNow = () => {
    clearTimeout(timer)
    process.off('exit', saveNow)
    save()
  }
  const timer = setTimeout(saveNow, START_MS).unref()
  process.once('exit', saveNow)
}

function keep(file, data) {
  try {
    const folder = path.dirname(file)
    mkdirSync(folder, {recursive: true, mode: 0o700})
    const draft = `${file}.${process.pid}`
    writeFileSync(draft, data, {mode: 0o600})
    renameSync(draft, file)
    removeOthers(folder, file)
  } catch {
    // A home that cannot be written to: the next start is as slow as this one.
  }
}

/** Those of earlier builds for the same use. */
function removeOthers(folder, file) {
  const ofUse = /^(.+)-[0-9a-f]{16}$/
  const [, use] = ofUse.exec(path.basename(file))
  for (const name of readdirSync(folder)) {
    if (ofUse.exec(name)?.[1] === use && name !== path.basename(file)) rmSync(path.join(folder, name), {force: true})
  }
}

/** @returns undefined for what is no command's name, and where there is no home */
function cacheFile(file, source, use) {
  const [, build] = /^\/\/ build ([0-9a-f]{16})\n/.exec(source) ?? []
  if (build === undefined || !/^[a-z-]{1,20}$/.test(use ?? '')) return undefined
  const name = `${use}-${path.basename(file, '.cjs')}-${build}`
  try {
    return path.join(cacheHome(), 'tscluster', `v8-${process.versions.v8}-${process.arch}`, name)
  } catch {
    return undefined
  }
}

/** Where the system wants what can be made again. */
function cacheHome() {
  const {XDG_CACHE_HOME, LOCALAPPDATA} = process.env
  if (XDG_CACHE_HOME) return XDG_CACHE_HOME
  if (process.platform === 'win32') return LOCALAPPDATA ?? os.tmpdir()
  return path.join(os.homedir(), process.platform === 'darwin' ? 'Library/Caches' : '.cache')
}

function readIfThere(file) {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}
