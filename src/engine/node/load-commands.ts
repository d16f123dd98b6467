/** Commands of an AOF file, executed one by one. */
import {type Bytes} from '../ports.js'
import {type Server} from '../server/server.js'
import {type RunRequest, streamClient} from './primary-client.js'

export type {RunRequest} from './primary-client.js'

/** @returns how many bytes, from the start, are whole commands and transactions; or an error in Redis' words */
export function loadCommands(server: Server, run: RunRequest, bytes: Uint8Array, name: string): number | string {
  const client = streamClient(server, 0)
  const argv: Bytes[] = []
  let loaded = 0
  client.parser.feed(bytes)
  for (;;) {
    const parsed = client.parser.next(argv)
    if (parsed === 'more') return loaded
    if (parsed !== 'request' && parsed !== 'empty') return badFormat(name)
    // A line that begins with # is a remark: the time at which what follows was written.
    if (parsed === 'request' && !argv[0]!.startsWith('#')) {
      const errorsBefore = client.output.errors
      run(client, argv)
      const {errors, lastError} = client.output
      if (errors > errorsBefore && lastError.startsWith('ERR unknown command')) {
        return `Unknown command '${argv[0]!}' reading the append only file ${name}`
      }
    }
    if (client.transaction === undefined) loaded = bytes.length - client.parser.pendingBytes
  }
}

function badFormat(name: string): string {
  return `Bad file format reading the append only file ${name}: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>`
}
