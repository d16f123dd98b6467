// `npm run demo`: the main job on real servers, told as a story. Sets up what is missing, and leaves nothing behind.
import {build} from './build.js'
import {ensureDependencies, ensureServers, ROOT} from './project.js'

try {
  await ensureDependencies()
  await ensureServers()
  await build()
  // The story is TypeScript and uses the tests' own servers: tsx, which was not here before, runs both from their sources.
  const {register} = await import('tsx/esm/api')
  register()
  const {tellStory} = await import('./demo/story.ts')
  await tellStory(ROOT)
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${error.message}\n`)
  process.exitCode = 1
}
