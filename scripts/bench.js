// `npm run bench [-- --server redis-7.0 --rounds 5]`: tscluster against redis-cli on real servers. Not part of the tests.
import {parseArgs} from 'node:util'
import {build} from './build.js'
import {ensureDependencies, ROOT} from './project.js'

try {
  const {values} = parseArgs({options: {server: {type: 'string'}, rounds: {type: 'string', default: '5'}}})
  await ensureDependencies()
  await build()
  // The bench is TypeScript and uses the tests' own servers: tsx runs both from their sources.
  const {register} = await import('tsx/esm/api')
  register()
  const {compare} = await import('../bench/compare.ts')
  await compare({root: ROOT, server: values.server, rounds: Number(values.rounds)})
} catch (error) {
  process.stderr.write(`\nThe bench failed: ${error.message}\n`)
  process.exitCode = 1
}
