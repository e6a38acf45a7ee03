/**
 * One experiment to one tracker: reads behind the journal, a batch at a time, in the pauses of the process, and
 * notes what was taken. Whatever fails there is tried again later, and stays in the journal meanwhile.
 */

import type { Clock } from '../progress/clock.ts';
import { isSystemError } from '../system/errors.ts';
import {
  type ExperimentPlace,
  type TrackedExperiment,
  type Tracker,
  TrackerFault,
  type TrackerMemory,
} from '../trackers/tracker.ts';
import type { Cursor } from './cursor.ts';
import type { Journal, JournalEntry } from './journal.ts';

/** A wait after a failure, which doubles each time. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** Longer than this no server is left alone. */
const LONGEST_ASKED_MS = 600_000;

/** How a delivery stands. */
export type DeliveryState = 'waiting' | 'drained' | 'given up';

/** Brings a journal to a tracker. */
export class Delivery {
  readonly tracker: string;
  readonly journal: Journal;
  readonly #place: ExperimentPlace;
  readonly #open: Tracker['open'];
  readonly #cursor: Cursor;
  readonly #isOurs: () => boolean;
  readonly #now: Clock['now'];
  readonly #progressed: () => void;
  #experiment: TrackedExperiment | null = null;
  #state: DeliveryState = 'waiting';
  #failures = 0;
  #notBefore = 0;

  /**
   * @param isOurs whether no other process has taken the experiment over
   * @param progressed called when the tracker has taken a batch
   */
  constructor(
    tracker: Tracker,
    journal: Journal,
    place: ExperimentPlace,
    cursor: Cursor,
    isOurs: () => boolean,
    now: Clock['now'],
    progressed: () => void,
  ) {
    this.tracker = tracker.name;
    this.journal = journal;
    this.#place = place;
    this.#open = tracker.open;
    this.#cursor = cursor;
    this.#isOurs = isOurs;
    this.#now = now;
    this.#progressed = progressed;
  }

  get state(): DeliveryState {
    return this.#state;
  }

  /** Whether the tracker has taken all that the journal holds now. */
  hasAll(): boolean {
    const { part } = this.journal.head;
    return (
      this.#state === 'drained' && this.journal.read(this.#cursor.offset(part), 1).length === 0
    );
  }

  /** When it may go on, in milliseconds since the epoch. */
  get notBefore(): number {
    return this.#notBefore;
  }

  /** Tells that there may be more. */
  wake(): void {
    if (this.#state === 'drained') this.#state = 'waiting';
  }

  /**
   * Gives the tracker all that there is, or as much as it takes.
   *
   * @returns what it failed by, whatever that was; null where nothing did
   */
  async deliver(signal: AbortSignal): Promise<TrackerFault | null> {
    try {
      const fault = await this.#deliverAll(signal);
      if (fault !== null) this.#postpone(fault);
      return fault;
    } catch (error) {
      const fault = toFault(error);
      this.#postpone(fault);
      return fault;
    }
  }

  async #deliverAll(signal: AbortSignal): Promise<TrackerFault | null> {
    this.#experiment ??= this.#open(this.#place, this.#cursor.memory);
    while (!signal.aborted && this.#isOurs()) {
      const entries = this.#nextEntries(this.#experiment.most);
      if (entries.length === 0) {
        this.#state = 'drained';
        return null;
      }
      const fault = await this.#deliverBatch(this.#experiment, entries, signal);
      if (fault !== null) return fault;
      this.#noteProgress();
    }
    return null;
  }

  /** A batch that was begun is finished as it was, so that what is asked about it has an answer. */
  #nextEntries(most: number): JournalEntry[] {
    const { part } = this.journal.head;
    const entries = this.journal.read(this.#cursor.offset(part), most);
    const begun = this.#cursor.begun(part);
    if (begun === null) return entries;
    const same = entries.filter(({ end }) => end <= begun);
    return same.length === 0 ? entries : same;
  }

  async #deliverBatch(
    experiment: TrackedExperiment,
    entries: readonly JournalEntry[],
    signal: AbortSignal,
  ): Promise<TrackerFault | null> {
    const { part } = this.journal.head;
    const last = entries.at(-1)?.end ?? 0;
    const isRepeated = this.#cursor.begun(part) !== null;
    let taken = this.#cursor.offset(part);
    let memory: TrackerMemory | undefined;
    this.#cursor.begin(part, last);
    try {
      await experiment.take({
        items: entries.map(({ item }) => item),
        isRepeated,
        remember: (memory) => this.#cursor.remember(memory),
        acknowledge: (count, remembered) => {
          taken = entries[count - 1]?.end ?? taken;
          memory = remembered;
        },
        signal,
      });
    } catch (error) {
      const fault = toFault(error);
      if (taken > this.#cursor.offset(part)) this.#noteProgress();
      const isOpen = isRepeated || !fault.isCertain;
      this.#cursor.settle(part, taken, isOpen && taken < last ? last : null, memory);
      return fault;
    }
    this.#cursor.settle(part, last, null, memory);
    return null;
  }

  #noteProgress(): void {
    this.#failures = 0;
    this.#progressed();
  }

  #postpone({ kind, waitMs }: TrackerFault): void {
    if (kind === 'refused' || kind === 'unfit') this.#state = 'given up';
    this.#notBefore = this.#now() + measurePause(this.#failures, waitMs);
    this.#failures += 1;
  }
}

/**
 * How long to wait after a failure.
 *
 * @param failures those before it, since something was taken
 * @param askedMs how long the server asked to be left alone; null where it did not
 * @returns milliseconds
 */
export function measurePause(failures: number, askedMs: number | null): number {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
  return Math.min(LONGEST_ASKED_MS, Math.max(wait, askedMs ?? 0));
}

/** What the disk does not take now it may take later; anything else would fail again, with this experiment. */
function toFault(error: unknown): TrackerFault {
  if (error instanceof TrackerFault) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new TrackerFault(isSystemError(error) ? 'away' : 'unfit', message, { isCertain: false });
}
