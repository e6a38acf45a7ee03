/** Running, results that are there: restored, as far as they are wanted, and counted. */

import type { ResultRecord } from '../cache/results.ts';
import { isForced } from '../inspect/forced.ts';
import type { Inspection } from '../inspect/inspect.ts';
import type { Auditor } from './auditor.ts';
import { Borrower } from './borrower.ts';
import { describeRestoreFailure } from './describe-failure.ts';
import type { NodeEnds } from './node-ends.ts';
import type { Run } from './run.ts';
import type { Restored } from './run-services.ts';
import type { RunState } from './run-state.ts';

/** Ends nodes that have a result, from the cache or made a moment ago. */
export class Reuse {
  readonly #run: Run;
  readonly #state: RunState;
  readonly #ends: NodeEnds;
  readonly #auditor: Auditor;
  readonly #borrower: Borrower;

  constructor(run: Run, state: RunState, ends: NodeEnds, auditor: Auditor) {
    this.#run = run;
    this.#state = state;
    this.#ends = ends;
    this.#auditor = auditor;
    this.#borrower = new Borrower(run, state);
  }

  /** What has to come before a node can go on, see {@link Borrower.findErrand}. */
  findErrand(work: Inspection): (() => Promise<void>) | 'upstream' | null {
    return this.#borrower.findErrand(work, this.#isRemade(work));
  }

  /** Restores the result of a node that has one, or fails it where that cannot be. @returns whether it ended */
  async use(work: Inspection, startedAt: number): Promise<boolean> {
    const { node, result } = work;
    if (result === null || this.#isRemade(work)) return false;
    const objection = this.#auditor.objectTo(node, result.undeclared ?? null);
    if (objection !== null) {
      this.#ends.fail(node, objection, { startedAt });
      return true;
    }
    const leftOut = this.#borrower.listLeftOut(work);
    const placed = work.misplaced.filter((name) => !leftOut.includes(name));
    // The look has just seen them; ten thousand nodes would be looked at twice.
    const brought: Restored =
      placed.length === 0
        ? { ok: true, restored: false }
        : await this.#run.services.outputs.restore(node, result.outputs, placed);
    if (!brought.ok && brought.failure.kind === 'not-in-cache') {
      const text = describeRestoreFailure(brought.failure);
      this.#state.outcomes.warnOnce(node, 'outputs', `${text}; it is made again`);
      return false;
    }
    // What others read in its place waits: who reads it in this run brings it there.
    if (!brought.ok && brought.failure.kind !== 'read-elsewhere') {
      this.#ends.fail(node, brought.failure, { startedAt });
      return true;
    }
    this.succeed(work, result, leftOut);
    this.#state.outcomes.cached(node, brought.ok && brought.restored, result.summary);
    return true;
  }

  /** A node has a result. @param leftOut outputs that are not in their places */
  succeed(work: Inspection, result: ResultRecord, leftOut: readonly string[] = []): void {
    const { node } = work;
    if (leftOut.length > 0) this.#state.leftOut.set(node.id, leftOut);
    else {
      this.#state.leftOut.delete(node.id);
      this.#run.services.memory?.keep(work, result);
    }
    this.#ends.succeed(work, result);
    this.#auditor.tell(node, result.undeclared ?? null);
  }

  /** Whether a result that is there is of no use to this run. */
  #isRemade({ node, result }: Inspection): boolean {
    if (isForced(this.#run.settings.force, node)) return true;
    return result !== null && this.#auditor.isToBeRemade(node, result);
  }
}
