/** What a forecast takes nodes to need: by earlier runs, else by what is said of their stage, else by their limit. */

import type { FingerprintRecord } from '../fingerprint/record.ts';
import type { GraphNode, NodeId } from '../graph/types.ts';
import type { DurationPredictor, Prediction } from '../inspect/durations.ts';

/** A prediction that is not taken from times of earlier runs as they are. */
export interface ToldPrediction {
  readonly basis: 'told';
  /**
   * `recorded`, `calibrated`, `estimated`: by the module that `estimate` of the stage names, or by the time that
   * it says; `limit`: the node is ended after that time.
   */
  readonly source: 'recorded' | 'calibrated' | 'estimated' | 'limit';
  /** The most that it may take. */
  readonly seconds: number;
  /** The least. */
  readonly least: number;
  /** With how many CPUs; null where that is not known. */
  readonly cpus: number | null;
  /** What it rests on, in words. */
  readonly notes: readonly string[];
}

/** How long a node is expected to run, and where that is from. */
export type ForecastPrediction = Prediction | ToldPrediction;

/** Where a prediction is from. */
export type PredictionSource = ToldPrediction['source'] | 'unknown';

/** Where a prediction is from, whoever made it. */
export function sourceOf(prediction: ForecastPrediction): PredictionSource {
  switch (prediction.basis) {
    case 'told':
      return prediction.source;
    case 'node':
      return 'recorded';
    case 'none':
      return 'unknown';
    default:
      return 'estimated';
  }
}

/** The fewest seconds that a node may take; 0 where nothing is known of it. */
export function leastSecondsOf(prediction: ForecastPrediction): number {
  return (prediction.basis === 'told' ? prediction.least : prediction.seconds) ?? 0;
}

/** What predictions are made of. */
export interface PredictionParts {
  readonly history: Pick<DurationPredictor, 'predict'>;
  /** What modules said of nodes; null for those of which they know nothing. */
  readonly told: ReadonlyMap<NodeId, ToldPrediction | null>;
  /** What to take for a node of which nothing else is known; null for nothing. */
  readonly guess: (node: GraphNode) => ToldPrediction | null;
}

/** Predicts the nodes of a forecast. */
export class ForecastPredictor {
  readonly #parts: PredictionParts;

  constructor(parts: PredictionParts) {
    this.#parts = parts;
  }

  /** @param record see {@link DurationPredictor.predict} */
  predict(node: GraphNode, record: FingerprintRecord | null): ForecastPrediction {
    const { history, told, guess } = this.#parts;
    const asked = told.get(node.id);
    if (asked !== undefined && asked !== null) return asked;
    // Times of other work, which the module was shown, say nothing of this.
    const known = asked === null ? NOTHING : history.predict(node, record);
    if (known.basis !== 'none') return known;
    const { estimate } = node.stage;
    if (estimate?.kind === 'seconds') {
      const { seconds } = estimate;
      return { ...NO_TIME, seconds, least: seconds };
    }
    return guess(node) ?? known;
  }
}

/** A node that takes no time to speak of. */
export const NO_TIME: ToldPrediction = {
  basis: 'told',
  source: 'estimated',
  seconds: 0,
  least: 0,
  cpus: null,
  notes: [],
};

/** A node that is ended after some seconds, if it takes that long. */
export function boundByLimit(seconds: number): ToldPrediction {
  return { ...NO_TIME, source: 'limit', seconds };
}

const NOTHING: Prediction = { basis: 'none', seconds: null, cpus: null };
