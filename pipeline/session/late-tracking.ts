/** The tracking of a run that is opened with the first stage that starts: a run that runs nothing pays nothing. */

import type { Inspection } from '../inspect/inspect.ts';
import type { RunEvent } from '../progress/events.ts';

/** What follows a run and tells trackers. */
export interface Tracking {
  readonly begin: (work: Inspection) => void;
  readonly report: (event: RunEvent) => void;
  /** Tells what is left, for a while at most. @param isStopped there is no time to wait */
  readonly close: (isStopped: boolean) => Promise<void>;
}

/** Stands for a {@link Tracking} until there is one, and keeps for it what happens meanwhile. */
export class LateTracking implements Tracking {
  readonly #open: () => Promise<Tracking>;
  readonly #warn: (text: string) => void;
  #opening: Promise<void> | null = null;
  #tracking: Tracking | null = null;
  #closing: Promise<void> | null = null;
  #kept: ((tracking: Tracking) => void)[] = [];

  /** @param warn told why there is none in the end */
  constructor(open: () => Promise<Tracking>, warn: (text: string) => void) {
    this.#open = open;
    this.#warn = warn;
  }

  begin(work: Inspection): void {
    this.#opening ??= this.#load();
    this.#tell((tracking) => tracking.begin(work));
  }

  report(event: RunEvent): void {
    if (this.#opening !== null) this.#tell((tracking) => tracking.report(event));
  }

  /** Never fails; a second time it only waits for the first. */
  close(isStopped: boolean): Promise<void> {
    this.#closing ??= this.#end(isStopped);
    return this.#closing;
  }

  async #end(isStopped: boolean): Promise<void> {
    await this.#opening;
    try {
      await this.#tracking?.close(isStopped);
    } catch (error) {
      this.#warn(`trackers may lack something: ${String((error as Error).message)}`);
    }
  }

  #tell(action: (tracking: Tracking) => void): void {
    if (this.#tracking === null) this.#kept.push(action);
    else action(this.#tracking);
  }

  async #load(): Promise<void> {
    try {
      const tracking = await this.#open();
      for (const action of this.#kept) action(tracking);
      this.#tracking = tracking;
    } catch (error) {
      this.#tracking = { begin: () => {}, report: () => {}, close: async () => {} };
      this.#warn(`trackers are told nothing: ${String((error as Error).message)}`);
    }
    this.#kept = [];
  }
}
