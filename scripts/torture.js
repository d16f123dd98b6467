// `npm run torture -- --operation reshard --rounds 200 --server redis-7.0 [--tool redis-cli] [--seed 1] [--json FILE]`:
// an operation on real servers, a fault at a random moment, one command that recovers, and every acknowledged write looked up.
// Not part of the tests: docs/reliability.md has its figures.
import os from 'node:os'
import path from 'node:path'
import {parseArgs} from 'node:util'
import {build} from './build.js'
import {ensureDependencies} from './project.js'

try {
  const {values} = parseArgs({
    options: {
      operation: {type: 'string', default: 'all'},
      rounds: {type: 'string', default: '10'},
      server: {type: 'string', default: 'redis-7.0'},
      tool: {type: 'string', default: 'tscluster'},
      seed: {type: 'string', default: '1'},
      takeovers: {type: 'boolean', default: false},
      json: {type: 'string'},
      logs: {type: 'string', default: path.join(os.tmpdir(), 'torture-logs')},
      'no-build': {type: 'boolean', default: false},
    },
  })
  await ensureDependencies()
  if (!values['no-build']) await build()
  // It is TypeScript and uses the tests' own servers: tsx runs both from their sources.
  const {register} = await import('tsx/esm/api')
  register()
  const {torture} = await import('../bench/torture/torture.ts')
  const isWell = await torture({...values, rounds: Number(values.rounds), seed: Number(values.seed)})
  process.exitCode = isWell ? 0 : 1
} catch (error) {
  process.stderr.write(`\nThe torture cannot go on: ${error.message}\n`)
  process.exitCode = 2
}
// A server that did not come up may still be waited for.
process.exit()
