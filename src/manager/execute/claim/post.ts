/** One node on which a claim is shown: a connection of its own, whose name is the flag. */
import {formatAddress, type Address} from '../../../model/address.js'
import {isManagerError, type ManagerError, toManagerError} from '../../error.js'
import type {NodeClient, NodePool, Reply} from '../../ports.js'
import {claimsIn, type ClaimSeen} from './claim-flag.js'

/** The claim's connections are nobody else's: work on them would look like a sign of life, and ending them must end nothing else. */
const CHANNEL = 'claim'

const LIST = ['CLIENT', 'LIST', 'TYPE', 'normal']

export class Post {
  readonly address: Address
  readonly #pool: NodePool
  #client: NodeClient
  #refusal: ManagerError | undefined
  #isRaised = false

  private constructor(pool: NodePool, client: NodeClient) {
    this.#pool = pool
    this.#client = client
    this.address = client.address
  }

  /** @throws ManagerError as `NodePool.connect` does */
  static async open(pool: NodePool, address: Address): Promise<Post> {
    return new Post(pool, await pool.connectLines(address, CHANNEL))
  }

  get name(): string {
    return formatAddress(this.address)
  }

  /** Others can see us here. */
  get isRaised(): boolean {
    return this.#isRaised
  }

  /** The node's own words, when it did not let us raise the flag or look at the others. */
  get refusal(): ManagerError | undefined {
    return this.#refusal
  }

  /** First the flag, then the look: the node keeps that order. @throws ManagerError when the connection is lost */
  async raiseAndLook(flag: string): Promise<ClaimSeen[]> {
    const [raised, list] = await this.#client.pipeline([['CLIENT', 'SETNAME', flag], LIST])
    this.#isRaised = !(raised instanceof Error)
    if (raised instanceof Error) this.#refusal ??= toManagerError(raised)
    return this.#read(list!)
  }

  /** @throws ManagerError when the connection is lost */
  async look(): Promise<ClaimSeen[]> {
    const [list] = await this.#client.pipeline([LIST])
    return this.#read(list!)
  }

  /** Another name on the same connection. What comes of it, the next sign of life will tell. */
  rename(flag: string): void {
    if (this.#isRaised) this.#client.call(['CLIENT', 'SETNAME', flag]).catch(() => undefined)
  }

  /** @throws ManagerError when the connection is lost, or the node does not answer for so long */
  async beat(timeoutMs: number): Promise<void> {
    try {
      await this.#client.call(['PING'], {timeoutMs})
    } catch (error) {
      // A node that answers with an error answers.
      if (!isManagerError(error, 'error-reply', 'not-permitted')) throw error
    }
  }

  /**
   * A new connection instead of one that was lost. Whoever comes next in this process may have the first one by now.
   * @param ownId of the operation
   * @throws ManagerError as `NodePool.connect` does
   */
  async reopen(ownId: string): Promise<void> {
    this.#isRaised = false
    this.#client = await this.#pool.connectLines(this.address, `${CHANNEL} ${ownId}`)
  }

  /** Ends other connections. @throws ManagerError `not-permitted`, or when the connection is lost */
  async end(clientIds: readonly string[]): Promise<void> {
    const replies = await this.#client.pipeline(clientIds.map((id) => ['CLIENT', 'KILL', 'ID', id]))
    const refused = replies.find((reply) => reply instanceof Error)
    if (refused !== undefined) throw toManagerError(refused)
  }

  /** Takes the flag down; the connection stays for the next operation of this process. */
  async lower(): Promise<void> {
    if (!this.#isRaised) return
    this.#isRaised = false
    // Where this fails the connection is gone, and the flag with it.
    await this.#client.call(['CLIENT', 'SETNAME', '']).catch(() => undefined)
  }

  #read(list: Reply | Error): ClaimSeen[] {
    if (typeof list === 'string') return claimsIn(list)
    this.#refusal ??= toManagerError(list)
    return []
  }
}
