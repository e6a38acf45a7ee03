/**
 * Running, its outputs: places that runs with other settings share, and what stands at them when.
 */

import { holdsOutput } from '../cache/holds-output.ts';
import type { ResultOutput } from '../cache/results.ts';
import type { Graph, GraphNode, NodeId } from '../graph/types.ts';
import type { KnownResults } from '../inspect/inspect.ts';
import { resolveIn } from '../system/resolve-path.ts';
import { type OutputRestorer, REPLACING, type RestoringTools } from './restore-outputs.ts';
import type { Outputs, Restored } from './run-services.ts';

/** Places that a message names. */
const MOST_NAMED = 3;

/** Paths, from the workspace, of all that a node reads of other nodes: what its lease names. */
export function listReadPlaces({ inputs }: GraphNode): string[] {
  const sources = inputs.flatMap((input) => input.sources);
  return [...new Set(sources.filter(({ kind }) => kind === 'output').map(({ path }) => path))];
}

/**
 * The places of outputs, where another run with other settings, or another profile, may put its own
 * results at the same paths. What a stage reads is in its place while the stage runs: it is brought
 * there before, and nobody replaces it until then.
 */
export class SharedPlaces implements Outputs {
  readonly #graph: Graph;
  readonly #restorer: OutputRestorer;
  readonly #tools: RestoringTools;
  /** Results that could not be put in their places because stages of others read what is there. */
  readonly #late = new Map<NodeId, GraphNode>();
  #hasMetOthers = false;

  constructor(graph: Graph, restorer: OutputRestorer, tools: RestoringTools) {
    this.#graph = graph;
    this.#restorer = restorer;
    this.#tools = tools;
  }

  findObstacle(node: GraphNode): string | null {
    return this.#restorer.findObstacle(node);
  }

  /**
   * Brings what a node reads of other nodes to its places, where other runs have put their own since.
   * The node's lease is held, and names those places ({@link listReadPlaces}).
   */
  async claim(node: GraphNode, known: KnownResults): Promise<Restored> {
    const { leases, workspace } = this.#tools;
    let restored = false;
    // Who replaces something now may not have seen the lease.
    if (leases.isTaken(REPLACING)) await leases.hold(REPLACING, () => {});
    for (const { sources } of node.inputs) {
      for (const source of sources) {
        if (source.kind !== 'output') continue;
        const output = known.get(source.node)?.outputs[source.output];
        const maker = this.#graph.nodes.get(source.node);
        if (output === undefined || maker === undefined) continue;
        if (holdsOutput(resolveIn(workspace, source.path), output, this.#tools)) continue;
        this.#hasMetOthers = true;
        const brought = await this.#restorer.restoreOne(maker, source.output, source.path, output);
        // What a volatile output holds decides nothing.
        const canDoWithout =
          output.volatile && !brought.ok && brought.failure.kind === 'not-in-cache';
        if (!brought.ok && !canDoWithout) return brought;
        restored = true;
      }
    }
    return { ok: true, restored };
  }

  /** What others read is left for the end of the run, see {@link finish}. */
  async restore(
    node: GraphNode,
    outputs: Readonly<Record<string, ResultOutput>>,
    names?: readonly string[],
  ): Promise<Restored> {
    const brought = await this.#restorer.restore(node, outputs, names);
    if (!brought.ok && brought.failure.kind === 'read-elsewhere') {
      this.#hasMetOthers = true;
      this.#late.set(node.id, node);
    }
    return brought;
  }

  isCached(output: ResultOutput): boolean {
    return this.#restorer.isCached(output);
  }

  /**
   * Puts what was postponed in its places, if that can be done by now.
   *
   * @param nodes of the run
   * @returns what stands in the workspace that is another run's; null where nothing is
   */
  async finish(nodes: readonly GraphNode[], known: KnownResults): Promise<string | null> {
    for (const [id, node] of this.#late) {
      const outputs = known.get(id)?.outputs;
      if (outputs !== undefined) await this.#restorer.restore(node, outputs);
    }
    if (!this.#hasMetOthers && !this.#tools.leases.hasOthers()) return null;
    this.#tools.files.forgetSightings();
    const displaced = nodes.flatMap((node) => this.#listDisplaced(node, known));
    if (displaced.length === 0) return null;
    const named = displaced.slice(0, MOST_NAMED).join(', ');
    const rest = displaced.length > MOST_NAMED ? ` and ${displaced.length - MOST_NAMED} more` : '';
    return `at ${named}${rest} stand results of another run, with another profile or other settings; those of this run are in the cache, and running it again puts them back`;
  }

  #listDisplaced({ id, outputs }: GraphNode, results: KnownResults): string[] {
    const known: Readonly<Record<string, ResultOutput>> | undefined = results.get(id)?.outputs;
    return outputs.flatMap(({ name, path }) => {
      const output = known?.[name];
      if (output === undefined || output.volatile) return [];
      return holdsOutput(resolveIn(this.#tools.workspace, path), output, this.#tools) ? [] : [path];
    });
  }
}
