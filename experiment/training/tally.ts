/** Sample-weighted means of losses and correct answers. */

import type { EpochMeans } from '../recorded/metrics.ts';

/** Sums of losses and correct answers over samples. */
export interface Tally {
  readonly loss: number;
  readonly correct: number;
  readonly samples: number;
}

export const EMPTY_TALLY: Tally = { loss: 0, correct: 0, samples: 0 };

/** Adds a batch of `samples` with this mean loss and so many correct answers. */
export function addBatch(
  tally: Tally,
  batch: { readonly loss: number; readonly correct: number },
  samples: number,
): Tally {
  return {
    loss: tally.loss + batch.loss * samples,
    correct: tally.correct + batch.correct,
    samples: tally.samples + samples,
  };
}

/** The means over all samples added so far. */
export function meansOf({ loss, correct, samples }: Tally): EpochMeans {
  return { loss: loss / samples, accuracy: correct / samples };
}
