/** Earlier runs → how long a node will take, for schedule, forecast and progress alike. */

import type { RunHistory } from '../cache/history.ts';
import type { PastRun } from '../cache/past-runs.ts';
import type { ResultStore } from '../cache/results.ts';
import { stringifyCanonical } from '../fingerprint/canonical.ts';
import { type FingerprintRecord, hashRecord } from '../fingerprint/record.ts';
import type { Graph, GraphNode, NodeId } from '../graph/types.ts';
import { learnStage, type StageEstimate, type StageEstimator } from './stage-estimate.ts';

/** How long a node is expected to run, and what that is taken from. */
export type Prediction =
  /** An earlier run of the node itself, and with how many CPUs; null where that is not known. */
  | { readonly basis: 'node'; readonly seconds: number; readonly cpus: number | null }
  /** Earlier runs of others of its stage. */
  | StageEstimate
  | { readonly basis: 'none'; readonly seconds: null; readonly cpus: null };

/**
 * Seconds that something takes with some CPUs that took so long with others: with fewer of them in
 * proportion longer, with more no less. That is a bound on both sides, which no number of CPUs makes
 * look faster than it has been.
 */
export function scaleSeconds(
  { seconds, cpus: had }: { readonly seconds: number; readonly cpus: number | null },
  cpus: number,
): number {
  return had === null ? seconds : seconds * Math.max(1, had / cpus);
}

/** So many of the newest runs of a node are looked at. */
const MAX_RUNS = 20;

/** Of a stage it is learnt anew when more have run than one for so many: of thousands a few more change nothing. */
const FRESH = 16;

/** What decides how long a node works, as far as it is known. */
type Work = Pick<FingerprintRecord, 'params'> & {
  readonly inputs: Readonly<Record<string, readonly { readonly content: string }[]>>;
};

/**
 * Predicts how long nodes run, by earlier runs: of the same node the one with the same fingerprint,
 * else the most alike; where it never ran, by the nodes of its stage that are like it. Quick enough
 * for asking about every node of a run.
 */
export class DurationPredictor {
  readonly #graph: Pick<Graph, 'nodes'>;
  readonly #history: Pick<RunHistory, 'ofNode' | 'ofStage'>;
  readonly #results: Pick<ResultStore, 'read'>;
  /** The earlier run that is most like the next one of a node; null for none. */
  readonly #likely = new Map<NodeId, PastRun | null>();
  readonly #stages = new Map<string, { readonly runs: number; readonly learnt: StageEstimator }>();

  constructor(
    graph: Pick<Graph, 'nodes'>,
    history: Pick<RunHistory, 'ofNode' | 'ofStage'>,
    results: Pick<ResultStore, 'read'>,
  ) {
    this.#graph = graph;
    this.#history = history;
    this.#results = results;
  }

  /**
   * Predicts a node that did not run meanwhile.
   *
   * @param record the node's fingerprint record; null where its inputs are not known yet
   */
  predict(node: GraphNode, record: FingerprintRecord | null): Prediction {
    const run = this.#findLikely(node, record);
    if (run !== null) return { basis: 'node', seconds: run.seconds, cpus: run.cpus ?? null };
    const stage = this.#learn(node.stage.name);
    return stage === null
      ? { basis: 'none', seconds: null, cpus: null }
      : stage.estimate(node.cell);
  }

  #findLikely(node: GraphNode, record: FingerprintRecord | null): PastRun | null {
    const known = record === null ? this.#likely.get(node.id) : undefined;
    if (known !== undefined) return known;
    const runs = this.#history.ofNode(node.stage.name, node.id, node.cell).slice(0, MAX_RUNS);
    // With one run there is nothing to choose, and no record need be read.
    const run = runs.length < 2 ? (runs[0] ?? null) : this.#findMostAlike(runs, node, record);
    this.#likely.set(node.id, run);
    return run;
  }

  /** @param runs at least one, the newest first */
  #findMostAlike(
    runs: readonly PastRun[],
    node: GraphNode,
    record: FingerprintRecord | null,
  ): PastRun {
    if (record !== null) {
      const fingerprint = hashRecord(record);
      const same = runs.find((run) => run.fingerprint === fingerprint);
      if (same !== undefined) return same;
    }
    const work = record ?? this.#guessWork(node);
    const sides = runs.map((run) => {
      const earlier = this.#results.read(run.fingerprint).result?.record;
      return { run, unlike: earlier === undefined ? Infinity : countUnlike(earlier, work) };
    });
    // The newest first, so that it wins among equals.
    return sides.reduce((best, one) => (one.unlike < best.unlike ? one : best)).run;
  }

  /** What a node works on if each node upstream gives again what its most alike run gave. */
  #guessWork(node: GraphNode): Work {
    const inputs: Record<string, { content: string }[]> = {};
    for (const { name, as, sources } of node.inputs) {
      const contents = sources.map((source) =>
        source.kind === 'output' ? this.#likelyContent(source.node, source.output) : null,
      );
      const known = contents.filter((content) => content !== null);
      if (as === 'file' && known.length === contents.length) {
        inputs[name] = known.map((content) => ({ content }));
      }
    }
    return { params: node.params, inputs };
  }

  #likelyContent(id: NodeId, output: string): string | null {
    const node = this.#graph.nodes.get(id);
    const run = node === undefined ? null : this.#findLikely(node, null);
    const made = run === null ? undefined : this.#results.read(run.fingerprint).result?.outputs;
    const found = made?.[output];
    if (found === undefined) return null;
    return `${found.kind}:${found.volatile ? 'volatile' : found.digest}`;
  }

  /** Anew when some more of the stage's nodes have run. Of a node its newest run counts. */
  #learn(stage: string): StageEstimator | null {
    const runs = this.#history.ofStage(stage);
    const known = this.#stages.get(stage);
    const isFresh = known !== undefined && (runs.length - known.runs) * FRESH <= known.runs;
    if (isFresh) return known.learnt;
    const newest = new Map(runs.toReversed().map((run) => [run.node, run]));
    if (newest.size === 0) return null;
    const learnt = learnStage([...newest.values()]);
    this.#stages.set(stage, { runs: runs.length, learnt });
    return learnt;
  }
}

/** In how much of what can change its work a run differs from a node as it is today. */
function countUnlike(earlier: FingerprintRecord, today: Work): number {
  const params = Object.entries(today.params).filter(
    ([name, value]) => stringifyCanonical(earlier.params[name]) !== stringifyCanonical(value),
  );
  const contents = (sources: readonly { readonly content: string }[] = []) =>
    sources.map(({ content }) => content).join();
  const inputs = Object.entries(today.inputs).filter(
    ([name, sources]) => contents(earlier.inputs[name]) !== contents(sources),
  );
  return params.length + inputs.length;
}
