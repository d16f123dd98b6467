/** Commands of an AOF file, executed one by one. */
import {type Bytes} from '../ports.js'
import {type Client} from '../server/client.js'
import {type Server} from '../server/server.js'
import {type FilePieces} from './file-pieces.js'
import {type RunRequest, streamClient} from './primary-client.js'

export type {RunRequest} from './primary-client.js'

const ARRAY = 0x2a
const REMARK = 0x23
const NOTHING = new Uint8Array(0)

export interface CommandsToLoad {
  readonly server: Server
  readonly run: RunRequest
  /** Drawn to its end, unless there is an error. */
  readonly source: FilePieces
  /** The file's. */
  readonly name: string
}

/** @returns how many bytes of the file, from its start, are whole commands and transactions; or an error in Redis' words */
export function loadCommands({server, run, source, name}: CommandsToLoad): number | string {
  const client = streamClient(server, 0)
  const {parser} = client
  const argv: Bytes[] = []
  let piece: Uint8Array = NOTHING
  let pieceAt = source.drawn
  let [read, loaded] = [pieceAt, pieceAt]
  let first: number | undefined
  for (;;) {
    // An inline command is none here; a line that begins with # is a remark: the time at which what follows was written.
    if (read >= pieceAt) first = piece[read - pieceAt]
    if (first !== undefined && first !== ARRAY && first !== REMARK) return badFormat(name)
    const parsed = parser.next(argv)
    if (parsed === 'more') {
      parser.keepRest()
      const next = source.next()
      if (next === undefined) break
      pieceAt += piece.length
      piece = next
      parser.feed(piece)
      continue
    }
    // A request of no words is none, here.
    if (parsed !== 'request') return badFormat(name)
    if (first !== REMARK) {
      const error = execute(run, client, argv, name)
      if (error !== undefined) return error
    }
    read = source.drawn - parser.pendingBytes
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
