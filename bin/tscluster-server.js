#!/usr/bin/env node
// One node of the bundled engine, with redis-server's command line: what starts a redis-server can start this one.
// Node 20 has no compile cache.
require('node:module').enableCompileCache?.()

void import('../dist/engine/library/server-program.js').then(({runServerProgram}) =>
  runServerProgram(process.argv.slice(2)),
)
