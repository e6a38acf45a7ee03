/**
 * One experiment to one tracker: reads behind the journal, a batch at a time, in the pauses of the process, and
 * notes what was taken. Whatever fails there is tried again later, and stays in the journal meanwhile.
 */

import type { Clock } from '../progress/clock.ts';
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
  readonly #now: Clock['now'];
  readonly #progressed: () => void;
  #experiment: TrackedExperiment | null = null;
  #state: DeliveryState = 'waiting';
  #failures = 0;
  #notBefore = 0;

  /** @param progressed called when the tracker has taken a batch */
  constructor(
    tracker: Tracker,
    journal: Journal,
    place: ExperimentPlace,
    cursor: Cursor,
    now: Clock['now'],
    progressed: () => void,
  ) {
    this.tracker = tracker.name;
    this.journal = journal;
    this.#place = place;
    this.#open = tracker.open;
    this.#cursor = cursor;
    this.#now = now;
    this.#progressed = progressed;
  }

  get state(): DeliveryState {
    return this.#state;
  }

  /** When it may go on, in milliseconds since the epoch. */
  get notBefore(): number {
    return this.#notBefore;
  }

  /** Leaves the tracker alone for a while, since it has failed elsewhere. */
  holdOff(until: number): void {
    this.#notBefore = Math.max(this.#notBefore, until);
  }

  /** Tells that there may be more. */
  wake(): void {
    if (this.#state === 'drained') this.#state = 'waiting';
  }

  /** Gives the tracker all that there is, or as much as it takes. @returns what it failed by; null where nothing did */
  async deliver(signal: AbortSignal): Promise<TrackerFault | null> {
    this.#experiment ??= this.#open(this.#place, this.#cursor.memory);
    while (!signal.aborted) {
      const entries = this.#nextEntries(this.#experiment.most);
      if (entries.length === 0) {
        this.#state = 'drained';
        return null;
      }
      const fault = await this.#deliverBatch(this.#experiment, entries, signal);
      if (fault !== null) {
        this.#postpone(fault);
        return fault;
      }
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
      if (!(error instanceof TrackerFault)) throw error;
      if (taken > this.#cursor.offset(part)) this.#noteProgress();
      const isOpen = isRepeated || !error.isCertain;
      this.#cursor.settle(part, taken, isOpen && taken < last ? last : null, memory);
      return error;
    }
    this.#cursor.settle(part, last, null, memory);
    return null;
  }

  #noteProgress(): void {
    this.#failures = 0;
    this.#progressed();
  }

  #postpone({ kind, waitMs }: TrackerFault): void {
    if (kind === 'refused') this.#state = 'given up';
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#notBefore = this.#now() + Math.min(LONGEST_ASKED_MS, waitMs ?? wait);
  }
}
