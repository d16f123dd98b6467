// `npm run bench [-- --rounds 5 --only 'reshard' --json FILE]`: tscluster against redis-cli and valkey-cli on real servers.
// Not part of the tests.
// `npm run bench -- --engine [--rounds 5]`: a node of the bundled engine against redis-server 7.0.
import {parseArgs} from 'node:util'
import {build} from './build.js'
import {ensureDependencies, ROOT} from './project.js'

try {
  const {values} = parseArgs({
    options: {
      only: {type: 'string'},
      json: {type: 'string'},
      rounds: {type: 'string', default: '5'},
      engine: {type: 'boolean', default: false},
    },
  })
  await ensureDependencies()
  await build()
  // The bench is TypeScript and uses the tests' own servers: tsx runs both from their sources.
  const {register} = await import('tsx/esm/api')
  register()
  const rounds = Number(values.rounds)
  if (values.engine) await benchEngine(rounds)
  else await benchManager(rounds, values)
} catch (error) {
  process.stderr.write(`\nThe bench failed: ${error.message}\n`)
  process.exitCode = 1
}

async function benchManager(rounds, {only, json}) {
  const {compare} = await import('../bench/manager/compare.ts')
  await compare({root: ROOT, rounds, only, json})
  if ('planning'.includes(only ?? '')) {
    const {planning} = await import('../bench/planning.ts')
    console.log()
    await planning()
  }
  if (!'journal'.includes(only ?? '')) return
  const {journal} = await import('../bench/journal.ts')
  console.log()
  journal()
}

async function benchEngine(rounds) {
  const [{throughput}, {memory}] = [
    await import('../bench/engine/throughput.ts'),
    await import('../bench/engine/memory.ts'),
  ]
  const {failover} = await import('../bench/engine/failover.ts')
  const {persistence} = await import('../bench/engine/persistence.ts')
  const {fullSync} = await import('../bench/engine/full-sync.ts')
  await throughput({root: ROOT, rounds})
  console.log()
  await memory({root: ROOT})
  console.log()
  await failover({rounds})
  console.log()
  await persistence({root: ROOT})
  console.log()
  await fullSync({rounds})
}
