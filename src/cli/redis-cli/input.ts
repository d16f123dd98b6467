/** Standard input as one argument: redis-cli's -x and -X. */
import type {World} from '../world.js'

/** All of it, up to its end. */
export async function readWholeInput(world: World): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of world.stdin.stream) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString()
}
