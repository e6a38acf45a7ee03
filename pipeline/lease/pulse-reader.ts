/** Whether a holder elsewhere is alive: its silence measured on one's own clock. */

/** What is to be seen of a lease that a process elsewhere holds. */
export interface Pulse {
  readonly generation: number;
  /** Changes with every beat. Never compared with a clock, only with what was seen before. */
  readonly beat: number;
}

/**
 * Looks at a lease again and again, and says when its holder has been silent for the lease's whole
 * time, measured on the watcher's own clock. A watcher that was itself stopped for a while has not
 * watched: one look counts for at most {@link LONGEST_PAUSE_MS}.
 */
export class PulseReader {
  #seen: Pulse | null = null;
  #lookedAt = 0;
  #silentMs = 0;

  /**
   * @param leaseMs how long the holder may be silent
   * @param now milliseconds of a clock that only goes forward
   */
  isSilent(pulse: Pulse, leaseMs: number, now: number): boolean {
    const isNew = this.#seen?.generation !== pulse.generation || this.#seen.beat !== pulse.beat;
    this.#silentMs = isNew
      ? 0
      : this.#silentMs + Math.min(Math.max(0, now - this.#lookedAt), LONGEST_PAUSE_MS);
    this.#seen = pulse;
    this.#lookedAt = now;
    return this.#silentMs >= leaseMs;
  }
}

/** What one look can add to a holder's silence. */
export const LONGEST_PAUSE_MS = 1_000;
