import type { Graph, GraphNode } from '../graph/types.ts';
import { describeFault } from '../system/fault.ts';
import { Attempts } from './attempts.ts';
import { Launcher } from './launcher.ts';
import { NodeEnds } from './node-ends.ts';
import { NodeLooks } from './node-looks.ts';
import type { RunCounts } from './outcomes.ts';
import type { ResourcePool } from './resources.ts';
import type { RunTools } from './run-node.ts';
import type { RunOptions } from './run-options.ts';
import { makeRunParts, type RunParts } from './run-parts.ts';

/** Results that wait for the disk while other stages run already. */
const MOST_PUBLISHING = 16;

/**
 * Brings nodes up to date, as many at a time as resources allow, the longest predicted path to an
 * end first. A failure stops new starts, unless `keepGoing`, but lets what runs end, because its
 * result is kept.
 *
 * @param nodes in topological order, closed under upstream
 */
export async function runNodes(
  graph: Graph,
  nodes: readonly GraphNode[],
  pool: ResourcePool,
  options: RunOptions,
  tools: RunTools,
): Promise<RunCounts> {
  const run = new Run(await makeRunParts(graph, nodes, pool, options, tools));
  return run.finish(nodes);
}

/** The loop over the nodes of a run. */
class Run {
  readonly #parts: RunParts;
  readonly #ends: NodeEnds;
  readonly #looks: NodeLooks;
  readonly #launcher: Launcher;

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#ends = new NodeEnds(parts);
    this.#looks = new NodeLooks(parts, this.#ends);
    const attempts = new Attempts(parts, this.#ends);
    this.#launcher = new Launcher(parts, this.#ends, this.#looks, attempts);
  }

  async finish(nodes: readonly GraphNode[]): Promise<RunCounts> {
    const { options, retries, waits, outcomes } = this.#parts;
    const { signal } = options;
    const stopAll = () => {
      retries.stop();
      this.#launcher.stopAll();
    };
    signal.addEventListener('abort', stopAll);
    try {
      await this.#loop();
    } finally {
      signal.removeEventListener('abort', stopAll);
      waits.close();
      stopAll();
    }
    if (!signal.aborted) await this.#tellPlaces(nodes).catch(this.#warnOf);
    this.#ends.failUntold(nodes);
    return outcomes.counts;
  }

  /** Looks at what is ready, runs what fits, else waits for something to end, until nothing is left. */
  async #loop(): Promise<void> {
    const { options, pool, tools, schedule, waits, running, underway } = this.#parts;
    const { signal, carried } = options;
    for (;;) {
      if (signal.aborted) this.#ends.stopOnAbort();
      const node = schedule.nextReady() ?? waits.takeFree();
      if (node !== undefined) {
        const startedAt = tools.now();
        await this.#decide(node, startedAt).catch(this.#ends.failOn(node, startedAt));
        continue;
      }
      const isFull = running.size >= pool.total.cpus + MOST_PUBLISHING;
      const next = isFull ? undefined : schedule.nextRunnable();
      if (next !== undefined) {
        this.#launcher.launch(next);
        continue;
      }
      const others = carried?.ends() ?? [];
      if (underway.size === 0 && waits.isEmpty) {
        if (others.length === 0) return;
        // Whatever still waits is kept from its resources by attempts that may be of no use.
        carried?.stopOthers();
      }
      await Promise.race([...underway.all, ...waits.pauses(), ...others]);
    }
  }

  /** A node whose inputs are known: a hit is restored at once, anything else waits to run. */
  async #decide(node: GraphNode, startedAt: number): Promise<void> {
    const { options, pool, schedule } = this.#parts;
    const inspection = await this.#looks.findWork(node, startedAt);
    if (inspection === null) return;
    const earlier = options.carried?.recall(inspection) ?? null;
    if (earlier === 'failed') {
      this.#ends.skipFailed(node);
      return;
    }
    // It has its resources already. A run that is being stopped joins nothing any more.
    if (earlier === 'running' && !options.signal.aborted) {
      this.#launcher.join(inspection, startedAt);
      return;
    }
    const { gpus } = node.stage.resources;
    if (gpus > pool.total.gpus) {
      const message = `it needs ${gpus} GPU(s) and this machine offers ${pool.total.gpus}`;
      this.#ends.fail(node, message, null, startedAt);
      return;
    }
    schedule.enqueue(node);
  }

  /** Says what stands in the workspace where another run was at work too. */
  async #tellPlaces(nodes: readonly GraphNode[]): Promise<void> {
    const { places, options, tools } = this.#parts;
    const text = await places.finish(nodes);
    if (text === null) return;
    options.report({ type: 'warning', time: tools.now(), node: null, text });
  }

  /** Nodes have ended by then: nothing of theirs is lost by it. */
  readonly #warnOf = (error: unknown): void => {
    const { options, tools, stackPath } = this.#parts;
    const text = `it could not be seen whether all results are in their places: ${describeFault(error, stackPath)}`;
    options.report({ type: 'warning', time: tools.now(), node: null, text });
  };
}
