/** Commands of an AOF file, executed one by one. */
import {type Bytes} from '../ports.js'
import {type Client} from '../server/client.js'
import {type Server} from '../server/server.js'
import {type RunRequest, streamClient} from './primary-client.js'

export type {RunRequest} from './primary-client.js'

/** The parser keeps what it is fed until it has read it: a large file goes in by pieces. */
const CHUNK_BYTES = 1024 * 1024
const ARRAY = 0x2a
const REMARK = 0x23

/** @returns how many bytes, from the start, are whole commands and transactions; or an error in Redis' words */
export function loadCommands(server: Server, run: RunRequest, bytes: Uint8Array, name: string): number | string {
  const client = streamClient(server, 0)
  const {parser} = client
  const argv: Bytes[] = []
  let [fed, read, loaded] = [0, 0, 0]
  for (;;) {
    // An inline command is none here; a line that begins with # is a remark: the time at which what follows was written.
    const first = bytes[read]
    if (first !== undefined && first !== ARRAY && first !== REMARK) return badFormat(name)
    const parsed = parser.next(argv)
    if (parsed === 'more') {
      if (fed === bytes.length) break
      parser.keepRest()
      parser.feed(bytes.subarray(fed, fed + CHUNK_BYTES))
      fed = Math.min(fed + CHUNK_BYTES, bytes.length)
      continue
    }
    // A request of no words is none, here.
    if (parsed !== 'request') return badFormat(name)
    if (first !== REMARK) {
      const error = execute(run, client, argv, name)
      if (error !== undefined) return error
    }
    read = fed - parser.pendingBytes
    if (client.transaction === undefined) loaded = read
  }
  if (client.transaction !== undefined) {
    server.log('warning', `Revert incomplete MULTI/EXEC transaction in AOF file ${name}`)
  }
  return loaded
}

function execute(run: RunRequest, client: Client, argv: Bytes[], name: string): string | undefined {
  const errorsBefore = client.output.errors
  run(client, argv)
  const {errors, lastError} = client.output
  const isUnknown = errors > errorsBefore && lastError.startsWith('ERR unknown command')
  return isUnknown ? `Unknown command '${argv[0]!}' reading the append only file ${name}` : undefined
}

function badFormat(name: string): string {
  return `Bad file format reading the append only file ${name}: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>`
}
