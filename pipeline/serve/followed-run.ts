/** A run that somebody looks at: what its log tells so far, and when it is expected to end. */

import { join } from 'node:path';
import type { KeptRun } from '../history/account.ts';
import { readEventLine } from '../history/logged-event.ts';
import type { Estimate } from '../progress/eta.ts';
import { applyEvent, estimateEnd, openRunProgress } from '../progress/run-progress.ts';
import { applyLogged } from './apply-logged.ts';
import { readWholeLines } from './log-lines.ts';
import { openRunView, type RunView } from './run-view.ts';
import { toRunEvent } from './to-run-event.ts';

/** The log of a run, read as far as it goes. */
export class FollowedRun {
  readonly run: KeptRun;
  /** The file of its events. */
  readonly path: string;
  readonly view: RunView = openRunView();
  readonly #progress = openRunProgress();
  #offset = 0;

  constructor(run: KeptRun) {
    this.run = run;
    this.path = join(run.folder, 'events.jsonl');
  }

  /** The byte up to which {@link view} tells. */
  get offset(): number {
    return this.#offset;
  }

  /** Reads what has come since the last time. */
  catchUp(): void {
    for (;;) {
      const { lines, end } = readWholeLines(this.path, this.#offset);
      if (end === this.#offset) return;
      this.#offset = end;
      for (const line of lines) this.#apply(line);
    }
  }

  /** How long it will still take, as a console tells it; null where nothing indicates it. */
  estimate(now: number): Estimate | null {
    return this.view.phase === 'running' ? estimateEnd(this.#progress, now) : null;
  }

  #apply(line: string): void {
    const logged = readEventLine(line);
    if (logged === null) return;
    applyLogged(this.view, logged);
    const event = toRunEvent(logged);
    if (event !== null) applyEvent(this.#progress, event);
  }
}
