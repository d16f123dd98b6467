// Other versions of Node, from npm's own platform packages, kept in .cache: to prove that each supported one passes.
import {existsSync, mkdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {npm, ROOT, say} from './project.js'

/**
 * The path of a Node of this major version.
 * @throws Error when npm cannot bring it to this platform
 */
export async function nodeOfMajor(major) {
  const folder = path.join(ROOT, '.cache', `node-${major}`)
  const name = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const node = path.join(folder, 'node_modules', name, 'bin', 'node')
  if (existsSync(node)) return node
  say(`installing Node ${major}`)
  mkdirSync(folder, {recursive: true})
  // A project of its own, so that ours is not touched.
  writeFileSync(path.join(folder, 'package.json'), '{"private": true}\n')
  await npm(['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', `${name}@${major}`], {cwd: folder})
  return node
}
