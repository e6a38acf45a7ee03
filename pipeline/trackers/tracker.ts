/** What a tracker is: something that is told, in order and in batches, what an experiment's journal says. */

import type { JsonObject } from '../contract/values.ts';
import type { TrackItem } from './item.ts';

/** What a tracker knows of an experiment before it is told anything. */
export interface ExperimentPlace {
  /** Unlike that of any other: the node, and some letters of what decides it. */
  readonly name: string;
  readonly node: string;
  readonly profile: string;
  /** The whole of what decides it, the same in any copy of the workspace. */
  readonly id: string;
  /** At random, by which it is found again on a server: nobody else's has it. */
  readonly mark: string;
  /** Absolute path of an object of the cache. */
  readonly object: (digest: string) => string;
}

/**
 * What a tracker has to remember of an experiment: its key on a server, how long a file is. Kept with how
 * much of the journal was taken.
 */
export type TrackerMemory = JsonObject;

/** What a tracker is given of a journal. */
export interface TrackerBatch {
  readonly items: readonly TrackItem[];
  /**
   * An earlier try was cut off, by a reply that did not come or a process that ended: some of the items
   * may have been taken. The tracker finds out which, and takes the rest.
   */
  readonly isRepeated: boolean;
  /** What to remember from now on, though not all was taken. */
  readonly remember: (memory: TrackerMemory) => void;
  /**
   * So many of the items, from the first, are taken for good.
   *
   * @param memory what to remember from then on, written down with it or not at all
   */
  readonly acknowledge: (count: number, memory?: TrackerMemory) => void;
  /** Aborted when there is no more time. */
  readonly signal: AbortSignal;
}

/** An experiment in a tracker. */
export interface TrackedExperiment {
  /** The most items that it takes at once. */
  readonly most: number;
  /** Takes items, all of them or up to where it throws. @throws {TrackerFault} */
  readonly take: (batch: TrackerBatch) => Promise<void>;
}

/** A tracker that is in use. */
export interface Tracker {
  readonly name: string;
  /**
   * @param memory what it remembered last; null where it was told nothing yet
   */
  readonly open: (place: ExperimentPlace, memory: TrackerMemory | null) => TrackedExperiment;
}

/** Why a tracker has not taken something. */
export class TrackerFault extends Error {
  override readonly name = 'TrackerFault';
  /** `busy`, `away`: later perhaps. `refused`: nothing, as things are. `unfit`: this experiment only is not taken. */
  readonly kind: 'busy' | 'away' | 'refused' | 'unfit';
  /** Nothing of what was sent last can have been taken. */
  readonly isCertain: boolean;
  /** How long it asked to be left alone; null where it did not. */
  readonly waitMs: number | null;

  constructor(
    kind: TrackerFault['kind'],
    message: string,
    { isCertain, waitMs = null }: { readonly isCertain: boolean; readonly waitMs?: number | null },
  ) {
    super(message);
    this.kind = kind;
    this.isCertain = isCertain;
    this.waitMs = waitMs;
  }

  /** The fault of something that was sent in part. */
  afterPart(): TrackerFault {
    return new TrackerFault(this.kind, this.message, { isCertain: false, waitMs: this.waitMs });
  }
}

/** Does a further part of what is one for the journal. @throws {TrackerFault} one that is not certain */
export async function tellFurther<T>(part: () => Promise<T>): Promise<T> {
  try {
    return await part();
  } catch (error) {
    throw error instanceof TrackerFault ? error.afterPart() : error;
  }
}
