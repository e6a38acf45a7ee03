import type { ResultRecord } from '../cache/results.ts';
import type { Digest } from '../fingerprint/canonical.ts';
import type { GraphNode } from '../graph/types.ts';
import type { Inspection } from '../inspect/inspect.ts';
import type { LeaseHolder } from '../lease/lease-file.ts';
import { describeNodeFault } from './describe-fault.ts';
import type { NodeLog } from './outcomes.ts';
import type { RunParts } from './run-parts.ts';

/**
 * How a node of a run ends: with a result, failed, or skipped; or that it waits for others. Of each the
 * user is told, and what stands downstream is set free or lost with it.
 */
export class NodeEnds {
  readonly #parts: RunParts;
  /** Why nothing more is started; null while the run goes on. */
  #stopped: string | null = null;

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  /** A node has a result, and what waited for it alone may go. */
  succeed(inspection: Inspection, result: ResultRecord): void {
    const { options, known, auditor, tools, schedule } = this.#parts;
    const { node, fingerprint } = inspection;
    options.noteResult(fingerprint);
    known.set(node.id, { fingerprint, outputs: result.outputs });
    // Of what the others did the user is told in every run.
    if (auditor.isSilentOn(node, result)) tools.settled?.keep(inspection, result);
    schedule.succeed(node);
  }

  /**
   * A node has no result. Unless the run keeps going, nothing more is started.
   *
   * @param log of its attempt; null where none was made
   * @param startedAt milliseconds since the epoch
   * @param kept where what it wrote is, from the workspace
   */
  fail(
    node: GraphNode,
    message: string,
    log: NodeLog | null,
    startedAt: number,
    kept?: string,
  ): void {
    const { outcomes, schedule, options } = this.#parts;
    outcomes.failed(node, message, log, startedAt, kept);
    outcomes.skipped(schedule.fail(node), `${node.id} failed`);
    if (!options.settings.keepGoing)
      this.stopStarting(`the run stops after the failure of ${node.id}`);
  }

  /** What fails a node with anything that was thrown while something was done with it. */
  failOn(node: GraphNode, startedAt: number): (error: unknown) => void {
    const { graph, stackPath } = this.#parts;
    return (error) =>
      this.fail(node, describeNodeFault(error, graph, node, stackPath), null, startedAt);
  }

  /** Skips a node that failed in an earlier run of `watch` and would fail again. */
  skipFailed(node: GraphNode): void {
    this.#skip(node, 'it failed, and nothing that it reads has changed since');
  }

  /** Skips a node that had its resources already when the run was stopped. */
  skipLate(node: GraphNode): void {
    const because = this.#parts.options.signal.aborted ? this.#wordAbort() : this.#stopped;
    this.#skip(node, because ?? 'the run stops');
  }

  #skip(node: GraphNode, because: string): void {
    const { outcomes, schedule } = this.#parts;
    outcomes.skipped([node, ...schedule.fail(node)], because);
  }

  /**
   * Another process runs the node: its result is waited for. Or a stage of it reads, at a path, what
   * would have to make room for what the node reads.
   *
   * @param work whose lease the holder has
   */
  wait(node: GraphNode, work: Digest, holder: LeaseHolder | null, path?: string): void {
    const { running, waits, outcomes } = this.#parts;
    running.delete(node.id);
    if (this.#stopped !== null) {
      this.skipLate(node);
      return;
    }
    waits.add(node, work);
    if (holder !== null) outcomes.waiting(node, holder, path);
  }

  /** The run was interrupted. */
  stopOnAbort(): void {
    this.stopStarting(this.#wordAbort());
  }

  /** What has its resources goes on, and nothing else. */
  stopStarting(because: string): void {
    const { retries, waits, schedule, running, outcomes } = this.#parts;
    this.#stopped ??= because;
    retries.stop();
    waits.clear();
    const left = schedule.drain().filter(({ id }) => !running.has(id));
    outcomes.skipped(left, because);
  }

  /** A run that ends with nodes of which nothing was told has lost them, which is a bug of ours. */
  failUntold(nodes: readonly GraphNode[]): void {
    const { outcomes, tools } = this.#parts;
    for (const node of outcomes.listUntold(nodes)) {
      this.failOn(node, tools.now())(new Error('the run has ended without it'));
    }
  }

  #wordAbort(): string {
    const { reason } = this.#parts.options.signal;
    return typeof reason === 'string' ? reason : 'the run was interrupted';
  }
}
