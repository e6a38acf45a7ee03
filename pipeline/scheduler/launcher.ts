import type { GraphNode } from '../graph/types.ts';
import type { Inspection } from '../inspect/inspect.ts';
import type { Lease } from '../lease/leases.ts';
import type { Attempts } from './attempts.ts';
import type { NodeEnds } from './node-ends.ts';
import type { NodeLooks } from './node-looks.ts';
import type { RunParts } from './run-parts.ts';
import { listReadPlaces } from './shared-places.ts';

/** Runs the nodes of a run that have their resources, and gives these back. */
export class Launcher {
  readonly #parts: RunParts;
  readonly #ends: NodeEnds;
  readonly #looks: NodeLooks;
  readonly #attempts: Attempts;

  constructor(parts: RunParts, ends: NodeEnds, looks: NodeLooks, attempts: Attempts) {
    this.#parts = parts;
    this.#ends = ends;
    this.#looks = looks;
    this.#attempts = attempts;
  }

  /** A node that has its resources: runs it, unless another process has done so or is at it. */
  launch(node: GraphNode): void {
    const { options, pool } = this.#parts;
    const gpus = options.devices.take(pool.shareOf(node.stage.resources).gpus);
    this.#occupy(node, gpus, (giveBack) => this.#run(node, gpus, giveBack));
  }

  /**
   * A node that an earlier run has started: its attempt is this run's from now on.
   *
   * @param startedAt milliseconds since the epoch
   */
  join(inspection: Inspection, startedAt: number): void {
    const told = this.#attempts.announce(inspection, startedAt);
    const attempt = this.#attempts.join(told);
    this.#occupy(inspection.node, attempt.gpus, (giveBack) =>
      this.#attempts.follow(attempt, told, giveBack),
    );
  }

  /** Stops what runs, as far as it has a process. */
  stopAll(): void {
    for (const attempt of this.#parts.running.values()) attempt?.stop();
  }

  /**
   * Does something with a node while its resources are taken.
   *
   * @param work is told how to give them back; what is left to do then needs none
   */
  #occupy(
    node: GraphNode,
    gpus: readonly string[],
    work: (giveBack: () => void) => Promise<void>,
  ): void {
    const { running, tools, schedule, options, underway } = this.#parts;
    running.set(node.id, null);
    const fail = this.#ends.failOn(node, tools.now());
    let giveBack = () => {};
    const ending = new Promise<void>((resolve) => {
      giveBack = resolve;
    }).then(() => {
      schedule.release(node);
      options.devices.give(gpus);
    });
    underway.add(ending, fail);
    const settling = work(giveBack)
      .catch(fail)
      .finally(() => {
        running.delete(node.id);
        giveBack();
      });
    underway.add(settling, fail);
  }

  async #run(node: GraphNode, gpus: readonly string[], giveBack: () => void): Promise<void> {
    const { tools, waits } = this.#parts;
    const startedAt = tools.now();
    // It may have been in the queue for long, or another process may have run it.
    tools.files.forgetSightings();
    // Its inputs may have changed, or its result have come, while it was in the queue.
    const inspection = await this.#looks.findWork(node, startedAt);
    if (inspection === null) return;
    const { fingerprint } = inspection;
    const watch = waits.watchOf(fingerprint);
    const taken = tools.leases.tryAcquire(fingerprint, watch, listReadPlaces(node));
    if ('heldBy' in taken) {
      this.#ends.wait(node, fingerprint, taken.heldBy.holder);
      return;
    }
    let lease: Lease | null = taken;
    try {
      // Who had the lease before may just have published.
      const { result } = tools.results.read(fingerprint);
      const current = { ...inspection, result };
      if (!(await this.#isClear(current, startedAt))) return;
      const told = this.#attempts.announce(current, startedAt);
      const attempt = this.#attempts.start(told, lease, gpus);
      lease = null;
      await this.#attempts.follow(attempt, told, giveBack);
    } finally {
      lease?.release();
    }
  }

  /**
   * Whether a node is to run whose lease is held, with what it reads in its place. Where not, it was
   * settled, failed, skipped, or waits.
   */
  async #isClear(inspection: Inspection, startedAt: number): Promise<boolean> {
    const { places, restorer, options } = this.#parts;
    const { node } = inspection;
    if (await this.#looks.useHit(inspection, startedAt)) return false;
    const claimed = await places.claim(inspection);
    if (!claimed.ok) {
      if (claimed.cause === 'read')
        this.#ends.wait(node, claimed.reader.work, claimed.reader.holder, claimed.path);
      else this.#ends.fail(node, claimed.text, null, startedAt);
      return false;
    }
    if (options.signal.aborted) {
      this.#ends.skipLate(node);
      return false;
    }
    const obstacle = restorer.findObstacle(node);
    if (obstacle !== null) this.#ends.fail(node, obstacle, null, startedAt);
    return obstacle === null;
  }
}
