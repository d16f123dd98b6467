/** Who works on a cluster: what a claim tells of its owner. */
export interface ClaimOwner {
  /** Of the operation; by chance, so that it also decides who goes first. */
  readonly id: string
  /** The command: `reshard`. */
  readonly operation: string
  readonly user: string
  readonly host: string
  /** Unix ms by the owner's clock; whole seconds. */
  readonly sinceMs: number
}
