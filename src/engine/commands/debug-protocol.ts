/** DEBUG PROTOCOL: one value of each type of the protocol, for the tests of clients. */
import {type ReplyWriter} from '../resp/reply-writer.js'
import {type Call} from '../server/call.js'

const SAMPLES: Readonly<Record<string, (reply: ReplyWriter) => void>> = {
  string: (reply) => reply.bulk('Hello World'),
  integer: (reply) => reply.integer(12345),
  double: (reply) => reply.double(3.141),
  bignum: (reply) => reply.bigNumber('1234567999999999999999999999999999999'),
  null: (reply) => reply.null(),
  array(reply) {
    reply.array(3)
    for (const item of [0, 1, 2]) reply.integer(item)
  },
  set(reply) {
    reply.set(3)
    for (const item of [0, 1, 2]) reply.integer(item)
  },
  map(reply) {
    reply.map(3)
    for (const item of [0, 1, 2]) {
      reply.integer(item)
      reply.boolean(item === 1)
    }
  },
  attrib(reply) {
    // RESP2 has no attributes: only what they belong to is sent.
    if (reply.protocol === 3) {
      reply.raw('|1\r\n')
      reply.bulk('key-popularity')
      reply.array(2)
      reply.bulk('key:123')
      reply.integer(90)
    }
    reply.bulk('Some real reply following the attribute')
  },
  push(reply) {
    if (reply.protocol === 2) return reply.error('ERR RESP2 is not supported by this command')
    reply.push(2)
    reply.bulk('server-cpu-usage')
    reply.integer(42)
    reply.bulk('Some real reply following the push reply')
  },
  verbatim: (reply) => reply.verbatim('This is a verbatim\nstring'),
  true: (reply) => reply.boolean(true),
  false: (reply) => reply.boolean(false),
}

export function debugProtocol({argv, reply}: Call): void {
  const send = SAMPLES[argv[2]!.toLowerCase()]
  if (send !== undefined) return send(reply)
  reply.error(
    'ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false',
  )
}
