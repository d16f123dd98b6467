/** The printable part of a ManagerError: what JSON and plain values carry. */
export interface ErrorInfo {
  readonly code: string
  readonly message: string
  readonly node: string | undefined
  readonly hint: string | undefined
}
