/** What the stage `interrupt` records of each start of its training: a line of JSON. */

import { field, type RecordOf } from './fields.ts';

const whole = { type: 'integer', minimum: 0 };

/** A start of a training: its seed, and the epochs and steps done before it. */
export const START_FIELDS = {
  seed: field<number>(whole),
  epoch: field<number>(whole),
  step: field<number>(whole),
};

/** The record of {@link START_FIELDS}. */
export type TrainingStart = RecordOf<typeof START_FIELDS>;
