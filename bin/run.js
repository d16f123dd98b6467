#!/usr/bin/env node
// The front door. What can be answered without oclif is; the rest goes to the command that oclif finds in its manifest.
import {readFileSync} from 'node:fs'
import module from 'node:module'
import {oclifArguments} from './arguments.js'

// Node 20 has no compile cache; a named import of it would not even link there.
module.enableCompileCache?.()

// A reader that went away (`| head`) must not cut a running operation in half.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    if (error.code !== 'EPIPE') throw error
  })
}

const args = process.argv.slice(2)

if (args.length === 1 && ['--version', '-v', 'version'].includes(args[0])) {
  const {name, version} = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
} else {
  const [{execute}, {settings}] = await Promise.all([import('@oclif/core/execute'), import('@oclif/core/settings')])
  // Whatever NODE_ENV says: nothing is to be compiled here, and no compiler to be missed.
  settings.enableAutoTranspile = false
  await execute({args: oclifArguments(args), dir: import.meta.url})
}
