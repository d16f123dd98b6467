/** CLIENT PAUSE and its kin: until when whose commands wait. */

/** `write`: only what would change data or reach the replicas. */
export type PauseKind = 'no' | 'write' | 'all'

/** Why clients are paused; each reason ends by itself. */
export type PauseReason = 'command' | 'failover' | 'shutdown' | 'slot-migration'

interface Pause {
  readonly kind: 'write' | 'all'
  readonly untilMs: number
}

export class ClientPause {
  readonly #pauses = new Map<PauseReason, Pause>()

  /** For the check before each command. */
  get isEmpty(): boolean {
    return this.#pauses.size === 0
  }

  /** A pause of the same reason is only made longer and stricter, as Redis does. `untilMs`: unix ms. */
  begin(reason: PauseReason, kind: 'write' | 'all', untilMs: number): void {
    const present = this.#pauses.get(reason)
    this.#pauses.set(reason, {
      kind: present?.kind === 'all' ? 'all' : kind,
      untilMs: Math.max(untilMs, present?.untilMs ?? 0),
    })
  }

  end(reason: PauseReason): void {
    this.#pauses.delete(reason)
  }

  /** The strictest of what holds now; pauses whose time is over are forgotten. */
  kindAt(nowMs: number): PauseKind {
    let kind: PauseKind = 'no'
    for (const [reason, pause] of this.#pauses) {
      if (pause.untilMs <= nowMs) this.#pauses.delete(reason)
      else if (kind !== 'all') kind = pause.kind
    }
    return kind
  }

  /** When the last one ends, unix ms; 0 without one. */
  get untilMs(): number {
    let last = 0
    for (const {untilMs} of this.#pauses.values()) last = Math.max(last, untilMs)
    return last
  }
}
