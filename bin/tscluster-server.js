#!/usr/bin/env node
// One node of the bundled engine, with redis-server's command line: what starts a redis-server can start this one.
import {loadBundle} from './load-bundle.js'

await loadBundle('server').runServerProgram(process.argv.slice(2))
