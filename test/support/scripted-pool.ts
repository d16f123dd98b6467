/** A pool of nodes that answer from a script: for the executor's and the runners' logic, without sockets. */
import {formatAddress, type Address} from '../../src/model/address.js'
import {ManagerError} from '../../src/manager/error.js'
import type {Argument, ManagerClock, NodeClient, NodePool, Reply} from '../../src/manager/ports.js'

/** What a node says to a command; an Error is an error reply. */
export type Script = (
  node: string,
  command: string,
  argv: readonly Argument[],
) => Reply | Error | Promise<Reply | Error>

export interface ScriptedPool extends NodePool {
  /** `host:port COMMAND…` in the order of arrival. */
  readonly heard: string[]
}

export function scriptedPool(script: Script): ScriptedPool {
  const heard: string[] = []
  const clientOf = (address: Address): NodeClient => {
    const node = formatAddress(address)
    const ask = async (argv: readonly Argument[]): Promise<Reply | Error> => {
      const command = argv
        .map((argument) => (typeof argument === 'object' ? Buffer.from(argument).toString() : argument))
        .join(' ')
      heard.push(`${node} ${command}`)
      return script(node, command, argv)
    }
    return {
      address,
      call: async (argv) => {
        const reply = await ask(argv)
        if (reply instanceof Error) throw reply
        return reply
      },
      pipeline: async (commands) => {
        const replies: (Reply | Error)[] = []
        for (const argv of commands) replies.push(await ask(argv))
        return replies
      },
    }
  }
  return {
    heard,
    credentials: {},
    connect: (address) => Promise.resolve(clientOf(address)),
    connectLines: (address) => Promise.resolve(clientOf(address)),
    probe: () => Promise.resolve('open'),
    resolve: (host) => Promise.resolve(host),
    close: () => undefined,
  }
}

export function errorReply(text: string): ManagerError {
  return new ManagerError('error-reply', text, {reply: text})
}

/** Time that passes only while somebody sleeps. */
export function handClock(): ManagerClock {
  let nowMs = 0
  return {
    nowMs: () => nowMs,
    sleep: (ms) => {
      nowMs += ms
      return Promise.resolve()
    },
  }
}
