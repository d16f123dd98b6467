#!/usr/bin/env node
// The program from its sources, no build needed: oclif is shown the commands in src, and tsx compiles what is loaded.
const path = require('node:path')

async function main() {
  const {execute, Plugin, settings} = await import('@oclif/core')
  const {register} = await import('tsx/esm/api')
  register()
  // oclif would look for a compiler of its own.
  settings.enableAutoTranspile = false
  const root = path.join(__dirname, '..')
  const pjson = structuredClone(require('../package.json'))
  pjson.oclif.commands = {strategy: 'pattern', target: './src/commands'}
  pjson.oclif.helpClass = './src/cli/help'
  pjson.oclif.hooks.command_not_found.target = './src/cli/command-not-found'
  const {oclifArguments} = await import('../src/cli/oclif-arguments.ts')
  // The manifest, which leads to dist, is passed over.
  const plugin = new Plugin({ignoreManifest: true, isRoot: true, pjson, root})
  await plugin.load()
  const plugins = new Map([[plugin.name, plugin]])
  await execute({args: oclifArguments(process.argv.slice(2)), loadOptions: {pjson, plugins, root}})
}

void main()
