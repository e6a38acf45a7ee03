import { join } from 'node:path';
import type { GraphNode } from '../graph/types.ts';
import type { Inspection } from '../inspect/inspect.ts';
import type { Lease } from '../lease/leases.ts';
import { makeLog } from './make-log.ts';
import { nameLog } from './name-log.ts';
import type { NodeEnds } from './node-ends.ts';
import type { NodeLog } from './outcomes.ts';
import { type Attempt, type RunningAttempt, startNode } from './run-node.ts';
import type { JoinedAttempt } from './run-options.ts';
import type { RunParts } from './run-parts.ts';

/** An attempt that was told of. */
export interface ToldAttempt {
  readonly inspection: Inspection;
  readonly log: NodeLog;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Starts attempts at the nodes of a run, or joins those of earlier runs, and follows them to their end. */
export class Attempts {
  readonly #parts: RunParts;
  readonly #ends: NodeEnds;

  constructor(parts: RunParts, ends: NodeEnds) {
    this.#parts = parts;
    this.#ends = ends;
  }

  /** Tells that a node starts, and why where that is asked for, and begins its log. */
  announce(inspection: Inspection, startedAt: number): ToldAttempt {
    const { options, retries, tools, workLeft, schedule, running } = this.#parts;
    const { runFolder, report, explainer } = options;
    const { node } = inspection;
    const time = startedAt;
    const name = nameLog(node.id, retries.begin(node));
    const log = makeLog(join(runFolder, 'logs', name), tools.layout);
    const text = explainer?.explain(inspection);
    if (text !== undefined) report({ type: 'node-explained', time, node: node.id, text });
    const expectedSeconds = workLeft.expect(node);
    report({ type: 'node-started', time, node: node.id, log: log.name, expectedSeconds });
    workLeft.tell(time, () => schedule.open.filter(({ id }) => !running.has(id)));
    return { inspection, log, startedAt };
  }

  /** @param lease given away: it is released when the attempt is over */
  start({ inspection, log }: ToldAttempt, lease: Lease, gpus: readonly string[]): RunningAttempt {
    const { graph, pool, options, tools, known, stackPath, auditor, overlaps } = this.#parts;
    const { node } = inspection;
    const { runId, settings, carried } = options;
    const attempt: Attempt = {
      inspection,
      lease,
      known,
      runId,
      logPath: log.path,
      cpus: pool.shareOf(node.stage.resources).cpus,
      gpus,
      offline: settings.offline,
      onEvent: this.#forwardEvents(node),
      stackPath,
      objectTo: (undeclared) => auditor.objectTo(node, undeclared),
      findReaders: (path) => overlaps.findReaders(node, path),
    };
    overlaps.begin(node);
    return (carried?.start ?? startNode)(graph, attempt, tools);
  }

  /** Joins the attempt of an earlier run, which runs still. */
  join({ inspection, log }: ToldAttempt): JoinedAttempt {
    const { node } = inspection;
    const onEvent = this.#forwardEvents(node);
    const joined = this.#parts.options.carried?.join({ inspection, logPath: log.path, onEvent });
    if (joined === undefined) throw new Error(`${node.id} runs in no earlier run`);
    return joined;
  }

  #forwardEvents({ id }: GraphNode): Attempt['onEvent'] {
    const { options, tools } = this.#parts;
    return (event) => options.report({ type: 'node-event', time: tools.now(), node: id, event });
  }

  /**
   * Waits for the end of an attempt and puts its outputs in place.
   *
   * @param giveBack called when its process is gone and its resources are free
   */
  async follow(attempt: RunningAttempt, told: ToldAttempt, giveBack: () => void): Promise<void> {
    const { tools, running, overlaps, options, restorer, places, auditor, outcomes } = this.#parts;
    const { inspection, log, startedAt } = told;
    const { node, fingerprint } = inspection;
    running.set(node.id, attempt);
    attempt.ended.then(() => {
      overlaps.end(node);
      giveBack();
    });
    const result = await attempt.result;
    if (result.kind === 'superseded') {
      this.#ends.wait(node, fingerprint, tools.leases.look(fingerprint)?.holder ?? null);
      return;
    }
    if (result.kind === 'failed') {
      if (options.signal.aborted) this.#ends.skipLate(node);
      else if (result.retryable) this.#tryAgain(told, result);
      else this.#ends.fail(node, result.message, log, startedAt, result.kept);
      return;
    }
    const { outputs, summary, undeclared = null } = result.result;
    const brought = await restorer.restore(inspection, outputs);
    if (!brought.ok && brought.cause !== 'read') {
      this.#ends.fail(node, brought.text, log, startedAt);
      return;
    }
    if (!brought.ok) places.postpone(inspection);
    this.#ends.succeed(inspection, result.result);
    auditor.tell(node, undeclared);
    outcomes.executed(node, summary, startedAt);
  }

  /** After a while in which others have its resources; or it fails where it has no attempt left. */
  #tryAgain(
    { inspection, log, startedAt }: ToldAttempt,
    { message, kept }: { readonly message: string; readonly kept?: string },
  ): void {
    const { retries, options, outcomes, schedule, underway } = this.#parts;
    const { node } = inspection;
    const retry = retries.next(node);
    if (retry === null) {
      this.#ends.fail(node, `${message}${retries.count(node)}`, log, startedAt, kept);
      return;
    }
    options.carried?.forget(node);
    outcomes.retrying(node, retry, message, log);
    const waiting = retries.pause(retry.waitSeconds).then(() => {
      if (schedule.isOpen(node)) schedule.enqueue(node);
    });
    underway.add(waiting, this.#ends.failOn(node, startedAt));
  }
}
