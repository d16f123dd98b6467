#!/usr/bin/env node
// The front door. The version is told without any of the program; the rest is the bundle's. CommonJS, as all of bin/: Node's
// loader of modules alone takes longer to start than it takes to tell a version.
const {readFileSync, writeSync} = require('node:fs')
const path = require('node:path')

const ROOT = path.join(__dirname, '..')
const args = process.argv.slice(2)

if (args.length === 1 && ['--version', '-v', 'version'].includes(args[0])) tellVersion()
else run()

function tellVersion() {
  const {name, version} = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'))
  try {
    // A stream would take as long to make as all the rest.
    writeSync(1, `${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
  } catch (error) {
    if (error.code !== 'EPIPE') throw error
  }
}

function run() {
  // A reader that went away (`| head`), or a terminal that was closed, must not cut a running operation in half.
  const GONE = ['EPIPE', 'EIO', 'ENXIO']
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (!GONE.includes(error.code)) throw error
    })
  }
  const {loadBundle} = require('./load-bundle.js')
  // Without a word there is nothing to do but to help.
  const isHelp = args.length === 0 || args.includes('--help')
  void loadBundle(isHelp ? 'help' : args[0]).main(args, ROOT)
}
