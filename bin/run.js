#!/usr/bin/env node
// The front door. The version is told without any of the program; the rest is the bundle's.
import {readFileSync} from 'node:fs'
import {loadBundle} from './load-bundle.js'

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
  await loadBundle(args[0]).main(args, import.meta.url)
}
