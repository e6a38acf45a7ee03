/**
 * Running, how nodes end: of each the user is told, and what stands downstream goes or is lost with
 * it.
 */

import { existsSync } from 'node:fs';
import type { ResultRecord } from '../cache/results.ts';
import type { Digest } from '../fingerprint/canonical.ts';
import type { GraphNode } from '../graph/types.ts';
import type { Inspection } from '../inspect/inspect.ts';
import type { LeaseHolder } from '../lease/lease-file.ts';
import { describeFailure, siteOf } from './describe-failure.ts';
import type { FailedAttempt, Failure } from './failure.ts';
import type { FailedWork } from './outcomes.ts';
import type { Run } from './run.ts';
import type { RunState } from './run-state.ts';
import type { ToldStart } from './start-teller.ts';

/** Ends nodes: with a result, failed, or skipped; or has them wait for others. */
export class NodeEnds {
  readonly #run: Run;
  readonly #state: RunState;
  /** Why nothing more is started; null while the run goes on. */
  #stopped: string | null = null;

  constructor(run: Run, state: RunState) {
    this.#run = run;
    this.#state = state;
  }

  /** A node has a result, and what waited for it alone may go. */
  succeed({ node, fingerprint }: Inspection, { outputs }: ResultRecord): void {
    const { known, used, schedule } = this.#state;
    used.push(fingerprint);
    known.set(node.id, { fingerprint, outputs });
    schedule.succeed(node);
  }

  /**
   * A node has no result. Unless the run keeps going, nothing more is started.
   *
   * @param attempt which one it was, in words; nothing where there was one only
   */
  fail(node: GraphNode, failure: Failure, work: FailedWork, attempt = ''): void {
    const { outcomes, schedule } = this.#state;
    outcomes.failed(node, `${describeFailure(failure, node, siteOf(this.#run))}${attempt}`, work);
    outcomes.skipped(schedule.fail(node), `${node.id} failed`);
    if (this.#run.settings.keepGoing) return;
    this.#stopStarting(`the run stops after the failure of ${node.id}`);
  }

  /** An attempt failed: another follows after a while in which others have the resources, if one is left. */
  retryOrFail({ work: { node }, log, startedAt }: ToldStart, end: FailedAttempt): void {
    const { retries, outcomes, schedule, underway } = this.#state;
    const { failure, retryable, isExcused = false, kept } = end;
    const retry = retryable ? retries.next(node, isExcused) : null;
    if (retry === null) {
      const attempt = retryable ? retries.count(node) : '';
      this.fail(node, failure, { log, startedAt, kept }, attempt);
      return;
    }
    this.#run.carried?.forget(node);
    const message = describeFailure(failure, node, siteOf(this.#run));
    outcomes.retrying(node, retry, message, log);
    const waiting = retries.pause(retry.waitSeconds).then(() => {
      if (schedule.isOpen(node)) schedule.enqueue(node);
    });
    underway.add(waiting, this.failOn(node, startedAt));
  }

  /** Fails a node with anything that was thrown while something was done with it. */
  readonly failOn = (node: GraphNode, startedAt: number): ((error: unknown) => void) => {
    return (error) => this.fail(node, { kind: 'thrown', error }, { startedAt });
  };

  /** Skips a node that failed in an earlier run of `watch` and would fail again. */
  skipFailed(node: GraphNode): void {
    this.#skip(node, 'it failed, and nothing that it reads has changed since');
  }

  /** Skips a node that had its resources already when the run was stopped. */
  skipLate(node: GraphNode): void {
    this.#skip(node, this.#wordStop());
  }

  /** A node runs on: the next run has it, or its job of Slurm needs no run. */
  leave(node: GraphNode): void {
    if (!this.#run.pool.jobs.isJob(node.stage)) {
      this.skipLate(node);
      return;
    }
    const { outcomes, schedule } = this.#state;
    outcomes.skipped([node], 'its job goes on in Slurm; `pipeline attach` follows it');
    outcomes.skipped(schedule.fail(node), this.#wordStop());
  }

  /** A node ran when the run was stopped. */
  endStopped({ work: { node, fingerprint }, startedAt }: ToldStart): void {
    const { outcomes, schedule } = this.#state;
    const because = this.#wordStop();
    // An empty scratch folder is gone by now.
    const goesOn = existsSync(this.#run.layout.scratch(fingerprint));
    outcomes.stopped(node, startedAt, because, goesOn);
    outcomes.skipped(schedule.fail(node), because);
  }

  #skip(node: GraphNode, because: string): void {
    const { outcomes, schedule } = this.#state;
    outcomes.skipped([node, ...schedule.fail(node)], because);
  }

  /**
   * Another process runs the node: its result is waited for. Or a stage of it reads, at a path, what
   * would have to make room for what the node reads.
   *
   * @param work whose lease the holder has
   */
  wait(node: GraphNode, work: Digest, holder: LeaseHolder | null, path?: string): void {
    const { slots, waits, outcomes } = this.#state;
    slots.leave(node);
    if (this.#stopped !== null) {
      this.skipLate(node);
      return;
    }
    waits.add(node, work);
    if (holder !== null) outcomes.waiting(node, holder, path);
  }

  /** The run was interrupted. */
  stopOnAbort(): void {
    this.#stopStarting(this.#wordAbort());
  }

  /** What has its resources goes on, and nothing else. */
  #stopStarting(because: string): void {
    const { retries, waits, errands, schedule, slots, outcomes } = this.#state;
    this.#stopped ??= because;
    retries.stop();
    waits.clear();
    errands.clear();
    const left = schedule.drain().filter((node) => !slots.has(node));
    outcomes.skipped(left, because);
  }

  /** A run that ends with nodes of which nothing was told has lost them, which is a bug of ours. */
  failUntold(): void {
    const { nodes, services } = this.#run;
    for (const node of this.#state.outcomes.listUntold(nodes)) {
      this.failOn(node, services.events.now())(new Error('the run has ended without it'));
    }
  }

  #wordStop(): string {
    return (this.#run.signal.aborted ? this.#wordAbort() : this.#stopped) ?? 'the run stops';
  }

  #wordAbort(): string {
    const { reason } = this.#run.signal;
    return typeof reason === 'string' ? reason : 'the run was interrupted';
  }
}
