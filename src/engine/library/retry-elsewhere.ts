/** Somebody may take a free port between our look and the node's own: then once more, on other ports. */

const MOST_TRIES = 5

/** @param fixed the caller named the ports: a second try would fail as the first did */
export async function retryElsewhere<Result>(fixed: boolean, start: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await start()
    } catch (error) {
      if (fixed || tries >= MOST_TRIES || !isAddressInUse(error)) throw error
    }
  }
}

function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}
