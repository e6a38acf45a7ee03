import { holdsOutput } from '../cache/holds-output.ts';
import type { ResultOutput } from '../cache/results.ts';
import type { Graph, GraphNode, NodeId } from '../graph/types.ts';
import type { Inspection, KnownResults } from '../inspect/inspect.ts';
import { holdLease } from '../lease/hold-lease.ts';
import { resolveIn } from '../system/resolve-path.ts';
import {
  type OutputRestorer,
  REPLACING,
  type RestoredOutputs,
  type RestoringTools,
} from './restore-outputs.ts';

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
export class SharedPlaces {
  readonly #graph: Graph;
  readonly #known: KnownResults;
  readonly #restorer: OutputRestorer;
  readonly #tools: RestoringTools;
  /** Results that could not be put in their places because stages of others read what is there. */
  readonly #late = new Map<NodeId, Inspection>();
  #hasMetOthers = false;

  /** @param known results of the nodes that are done; read every time */
  constructor(graph: Graph, known: KnownResults, restorer: OutputRestorer, tools: RestoringTools) {
    this.#graph = graph;
    this.#known = known;
    this.#restorer = restorer;
    this.#tools = tools;
  }

  /**
   * Brings what a node reads of other nodes to its places, where other runs have put their own since.
   * The node's lease is held, and names those places ({@link listReadPlaces}).
   */
  async claim({ node }: Inspection): Promise<RestoredOutputs> {
    const { leases, workspace } = this.#tools;
    let restored = false;
    // Who replaces something now may not have seen the lease.
    if (leases.look(REPLACING) !== null) await holdLease(leases, REPLACING, () => {});
    for (const { sources } of node.inputs) {
      for (const source of sources) {
        if (source.kind !== 'output') continue;
        const output = this.#known.get(source.node)?.outputs[source.output];
        const maker = this.#graph.nodes.get(source.node);
        if (output === undefined || maker === undefined) continue;
        if (holdsOutput(resolveIn(workspace, source.path), output, this.#tools)) continue;
        this.#hasMetOthers = true;
        const brought = await this.#restorer.restoreOne(maker, source.output, source.path, output);
        // What a volatile output holds decides nothing.
        const canDoWithout = output.volatile && !brought.ok && brought.cause === 'cache';
        if (!brought.ok && !canDoWithout) return brought;
        restored = true;
      }
    }
    return { ok: true, restored };
  }

  /** A result is to be put in its places when others have read what is there, at the end at last. */
  postpone(inspection: Inspection): void {
    this.#hasMetOthers = true;
    this.#late.set(inspection.node.id, inspection);
  }

  /**
   * Puts what was postponed in its places, if that can be done by now.
   *
   * @param nodes of the run
   * @returns what stands in the workspace that is another run's; null where nothing is
   */
  async finish(nodes: readonly GraphNode[]): Promise<string | null> {
    for (const [id, inspection] of this.#late) {
      const outputs = this.#known.get(id)?.outputs;
      if (outputs !== undefined) await this.#restorer.restore(inspection, outputs);
    }
    if (!this.#hasMetOthers && !this.#tools.leases.hasOthers()) return null;
    this.#tools.files.forgetSightings();
    const displaced = nodes.flatMap((node) => this.#listDisplaced(node));
    if (displaced.length === 0) return null;
    const named = displaced.slice(0, MOST_NAMED).join(', ');
    const rest = displaced.length > MOST_NAMED ? ` and ${displaced.length - MOST_NAMED} more` : '';
    return `at ${named}${rest} stand results of another run, with another profile or other settings; those of this run are in the cache, and running it again puts them back`;
  }

  #listDisplaced({ id, outputs }: GraphNode): string[] {
    const known: Readonly<Record<string, ResultOutput>> | undefined = this.#known.get(id)?.outputs;
    return outputs.flatMap(({ name, path }) => {
      const output = known?.[name];
      if (output === undefined || output.volatile) return [];
      return holdsOutput(resolveIn(this.#tools.workspace, path), output, this.#tools) ? [] : [path];
    });
  }
}
