/** What an evaluation records, `evaluation.json`: one JSON object on one line. */

import { EVALUATION_FACTS, type Subject, tellFacts } from './facts.ts';
import { field, type RecordOf } from './fields.ts';

const count = { type: 'integer', minimum: 1 };
const loss = { type: ['number', 'null'] };
const share = { type: ['number', 'null'], minimum: 0, maximum: 1 };

/** What came of a training. */
const OUTCOME_FIELDS = {
  /** Whether it reached the interpolation threshold. */
  reached: field<boolean>({ type: 'boolean' }),
  /** Epochs done at the threshold, or at the end where it was not reached. */
  epoch: field<number>(count),
  /** Steps done then. */
  step: field<number>(count),
  /** Over the epoch of the threshold, in training mode; null where training diverged before it. */
  train_loss: field<number | null>(loss),
  train_accuracy: field<number | null>(share),
  test_loss: field<number | null>(loss),
  test_accuracy: field<number | null>(share),
  /** Share of the test images classified wrongly, 0 to 1; null where training diverged. */
  test_error: field<number | null>(share),
};

/** All that an evaluation records. */
export const EVALUATION_FIELDS = { ...EVALUATION_FACTS, ...OUTCOME_FIELDS };

/** What came of a training, tested. */
export type Outcome = RecordOf<typeof OUTCOME_FIELDS>;

/** An evaluation at the interpolation threshold, or at the last epoch where it was not reached. */
export type Evaluation = RecordOf<typeof EVALUATION_FIELDS>;

/** The text of an `evaluation.json`. */
export function formatEvaluation(subject: Subject, outcome: Outcome): string {
  return `${JSON.stringify({ ...tellFacts(EVALUATION_FACTS, subject), ...outcome })}\n`;
}
