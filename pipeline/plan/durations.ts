import type { ActionStore } from '../cache/actions.ts';
import type { PastRun, RunHistory } from '../cache/history.ts';
import { stringifyCanonical } from '../fingerprint/canonical.ts';
import type { FingerprintRecord } from '../fingerprint/record.ts';
import type { GraphNode } from '../graph/types.ts';

/** How long a node is expected to run, and what that is taken from. */
export type Prediction =
  | { readonly basis: 'node' | 'stage'; readonly seconds: number }
  | { readonly basis: 'none'; readonly seconds: null };

/** So many of the newest runs of a node are looked at. */
const MAX_RUNS = 20;

/**
 * Predicts how long nodes run, by earlier runs: by the most alike run of the same node, else by the
 * median of its stage. Quick enough for asking about every node of a run.
 */
export class DurationPredictor {
  readonly #history: RunHistory;
  readonly #actions: ActionStore;
  readonly #medians = new Map<string, number | null>();

  constructor(history: RunHistory, actions: ActionStore) {
    this.#history = history;
    this.#actions = actions;
  }

  /** @param record the node's fingerprint record; null where its inputs are not known yet */
  predict(node: GraphNode, record: FingerprintRecord | null): Prediction {
    const runs = this.#history.ofNode(node.stage.name, node.id, node.cell).slice(0, MAX_RUNS);
    const [newest] = runs;
    if (newest !== undefined) {
      // With one run there is nothing to choose, and no record need be read.
      const run = runs.length === 1 ? newest : this.#findMostAlike(runs, node, record);
      return { basis: 'node', seconds: run.seconds };
    }
    const seconds = this.#medianOf(node.stage.name);
    return seconds === null ? { basis: 'none', seconds } : { basis: 'stage', seconds };
  }

  /** @param runs at least one, the newest first */
  #findMostAlike(
    runs: readonly PastRun[],
    node: GraphNode,
    record: FingerprintRecord | null,
  ): PastRun {
    const sides = runs.map((run) => {
      const earlier = this.#actions.read(run.fingerprint).action?.record;
      const unlike = earlier === undefined ? Infinity : countUnlike(earlier, node, record);
      return { run, unlike };
    });
    // The newest first, so that it wins among equals.
    return sides.reduce((best, one) => (one.unlike < best.unlike ? one : best)).run;
  }

  #medianOf(stage: string): number | null {
    let median = this.#medians.get(stage);
    if (median === undefined) {
      median = findMedian(this.#history.ofStage(stage).map(({ seconds }) => seconds));
      this.#medians.set(stage, median);
    }
    return median;
  }
}

/** In how much of what can change its work a run differs from a node as it is today. */
function countUnlike(
  earlier: FingerprintRecord,
  node: GraphNode,
  record: FingerprintRecord | null,
): number {
  const known = record ?? { params: node.params, inputs: {} };
  const differ = (before: object, today: object) =>
    Object.entries(today).filter(
      ([name, value]) =>
        stringifyCanonical((before as Record<string, unknown>)[name]) !== stringifyCanonical(value),
    ).length;
  return differ(earlier.params, known.params) + differ(earlier.inputs, known.inputs);
}

/** The median; null of nothing. */
export function findMedian(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
}
