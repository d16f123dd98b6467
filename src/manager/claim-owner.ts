/** Who works on a cluster: what a claim tells of its owner. */
export interface ClaimOwner {
  /** Of the operation. */
  readonly id: string
  /** By chance, for each time that the operation is begun or resumed. */
  readonly run: string
  /** The command: `reshard`. */
  readonly operation: string
  readonly user: string
  readonly host: string
  /** Unix ms by the owner's clock; whole seconds. */
  readonly sinceMs: number
}
