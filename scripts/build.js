// Makes dist/ from src/ and oclif.manifest.json from the commands. `npm run build`; also before packing.
import {readFileSync, rmSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {pathToFileURL} from 'node:url'
import {bundle} from './bundle.js'
import {dependency, ensureDependencies, ROOT, runOrThrow, say} from './project.js'

const MANIFEST = path.join(ROOT, 'oclif.manifest.json')

/** @returns whether the manifest had to be changed */
export async function build() {
  await ensureDependencies()
  say('building')
  rmSync(path.join(ROOT, 'dist'), {recursive: true, force: true})
  const compiler = [dependency('typescript', 'bin', 'tsc'), '-p', '.']
  await Promise.all([runOrThrow('the compiler', process.execPath, compiler), bundle()])
  return writeManifest()
}

/** What oclif knows of the commands without loading them: start-up depends on it. */
async function writeManifest() {
  // Loaded here, not above: before `ensureDependencies` it need not exist.
  const {Plugin} = await import('@oclif/core')
  const plugin = new Plugin({
    errorOnManifestCreate: true,
    ignoreManifest: true,
    respectNoCacheDefault: true,
    root: ROOT,
    type: 'core',
  })
  await plugin.load()
  const manifest = `${JSON.stringify(plugin.manifest, null, 2)}\n`
  if (manifest === readIfThere(MANIFEST)) return false
  writeFileSync(MANIFEST, manifest)
  return true
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await build()
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
}
