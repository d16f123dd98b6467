#!/usr/bin/env node
// One node of the bundled engine, with redis-server's command line: what starts a redis-server can start this one.
import module from 'node:module'

// Node 20 has no compile cache; a named import of it would not even link there.
module.enableCompileCache?.()

const {runServerProgram} = await import('../dist/engine/library/server-program.js')
await runServerProgram(process.argv.slice(2))
