/**
 * The deliveries to one tracker: one after the other, those that may be tried longest first, so that one that
 * fails keeps none of the others waiting; with one warning for a tracker that fails.
 */

import type { Clock } from '../progress/clock.ts';
import type { TrackerFault } from '../trackers/tracker.ts';
import { type Delivery, measurePause } from './delivery.ts';

/** Of so many experiments that a tracker does not take is told by name. */
const MOST_NAMED = 3;

const KEPT = 'what it has not taken is kept for `pipeline track upload`';

/** Serves the deliveries to a tracker. */
export class DeliveryQueue {
  readonly tracker: string;
  readonly #now: Clock['now'];
  readonly #warn: (text: string) => void;
  /** Refusals are the server's: it is told nothing more. */
  #isRefused = false;
  #hasFailed = false;
  /** Experiments that it has not taken, though it may take others. */
  #unfit = 0;
  #failures = 0;
  #notBefore = 0;

  /** @param warn told once that the tracker fails, and of some experiments that it does not take */
  constructor(tracker: string, now: Clock['now'], warn: (text: string) => void) {
    this.tracker = tracker;
    this.#now = now;
    this.#warn = warn;
  }

  /** Brings the tracker whatever may be brought now, until it fails. */
  async serve(deliveries: readonly Delivery[], signal: AbortSignal): Promise<void> {
    if (this.#notBefore > this.#now()) return;
    const due = deliveries
      .filter(({ state, notBefore }) => state === 'waiting' && notBefore <= this.#now())
      .sort((a, b) => a.notBefore - b.notBefore);
    for (const delivery of due) {
      if (this.#isRefused || signal.aborted) return;
      const fault = await delivery.deliver(signal);
      if (fault === null) continue;
      if (signal.aborted) return;
      if (fault.kind === 'unfit') this.#tellUnfit(delivery.journal.head.name, fault);
      else {
        this.#tellOnce(fault);
        this.#isRefused = fault.kind === 'refused';
        this.#notBefore = this.#now() + measurePause(this.#failures, fault.waitMs);
        this.#failures += 1;
        return;
      }
    }
  }

  /** The tracker has taken something, so that the next failure counts as the first. */
  noteProgress(): void {
    this.#failures = 0;
  }

  /** When there is something to do next, in milliseconds since the epoch; null where there never is. */
  nextMoment(deliveries: readonly Delivery[]): number | null {
    const moments = deliveries
      .filter(({ state }) => state === 'waiting' && !this.#isRefused)
      .map(({ notBefore }) => Math.max(notBefore, this.#notBefore));
    return moments.length === 0 ? null : Math.min(...moments);
  }

  /** Whether some failure was told. */
  get hasTold(): boolean {
    return this.#hasFailed || this.#unfit > 0;
  }

  #tellOnce({ message, kind }: TrackerFault): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const next =
      kind === 'refused'
        ? 'it is told nothing more by this run'
        : 'it is tried again as long as this run goes on';
    this.#warn(`tracker ${this.tracker}: ${message}; ${next}, and ${KEPT}`);
  }

  #tellUnfit(experiment: string, { message }: TrackerFault): void {
    this.#unfit += 1;
    if (this.#unfit > MOST_NAMED) return;
    const more = this.#unfit === MOST_NAMED ? ' (of further ones nothing is said)' : '';
    this.#warn(
      `tracker ${this.tracker}: ${message}; it is told nothing more of experiment ${experiment} by this run${more}, and ${KEPT}`,
    );
  }
}
