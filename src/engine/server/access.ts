/** Who may come in: the password of the default user, the only user there is. */
import {type Endpoint} from '../ports.js'
import {type Config} from './config.js'
import {type Client} from './client.js'

export const DEFAULT_USER = 'default'

const PROTECTED_MODE =
  "DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside."

/** Kept apart from the configuration so that the check before each command reads one field. */
export class Access {
  /** No password is asked for. */
  isOpen = true
  #password = ''
  #isProtected = true

  constructor(config: Config) {
    config.watch('requirepass', (password) => {
      this.#password = password
      this.isOpen = password === ''
    })
    config.watch('protected-mode', (value) => (this.#isProtected = value === 'yes'))
  }

  /** Every client may be let in without a password, or this one has given it. */
  admits(client: Client): boolean {
    return this.isOpen || client.authenticated
  }

  /** Whether the words open the door. A user without a password takes any. */
  accepts(user: string, password: string): boolean {
    return user === DEFAULT_USER && (this.isOpen || sameText(password, this.#password))
  }

  letIn(client: Client): void {
    client.authenticated = true
    client.parser.authenticated = true
    client.userName = DEFAULT_USER
  }

  /** Protected mode: without a password only this machine may connect. @returns what to answer a stranger */
  refusalOf({host}: Endpoint): string | undefined {
    return this.#isProtected && this.isOpen && !isLoopback(host) ? PROTECTED_MODE : undefined
  }

  /** As a connection begins, and after RESET. */
  greet(client: Client): void {
    client.authenticated = this.isOpen
    client.parser.authenticated = this.isOpen
    client.userName = DEFAULT_USER
  }
}

/** From this machine, by a loopback address or by a socket in the file system. */
export function isLoopback(host: string): boolean {
  return host.startsWith('/') || host.startsWith('127.') || host === '::1' || host.startsWith('::ffff:127.')
}

/** Takes the same time wherever the texts differ. Source: Redis' time_independent_strcmp. */
function sameText(given: string, wanted: string): boolean {
  let difference = given.length ^ wanted.length
  for (let at = 0; at < given.length; at++) difference |= given.charCodeAt(at) ^ wanted.charCodeAt(at % wanted.length)
  return difference === 0
}
