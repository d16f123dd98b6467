// `npm run demo`: the main job, told as a story, on the bundled engine; `npm run demo -- --real` plays it on real servers. Sets up
// what is missing, and leaves nothing behind.
import {build} from './build.js'
import {ensureDependencies, ensureServers, ROOT} from './project.js'

const real = process.argv.includes('--real')

try {
  await ensureDependencies()
  if (real) await ensureServers()
  await build()
  // The story is TypeScript and shares code with the tests: tsx, which was not here before, runs both from their sources.
  const {register} = await import('tsx/esm/api')
  register()
  const {tellStory} = await import('./demo/story.ts')
  await tellStory(ROOT, real)
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${error.message}\n`)
  process.exitCode = 1
}
