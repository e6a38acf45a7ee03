/** What the stage `theorem1` records of a network that it constructed: a line of JSON each. */

import { field, type RecordOf } from './fields.ts';

const count = { type: 'integer', minimum: 1 };
const share = { type: 'number', minimum: 0, maximum: 1 };

/** A network constructed for so many points. */
export const FIT_FIELDS = {
  dataset: field<string>({ type: 'string' }),
  synthetic: field<boolean>({ type: 'boolean' }),
  p: field<number>(share),
  seed: field<number>({ type: 'integer' }),
  points: field<number>(count),
  dimensions: field<number>(count),
  weights: field<number>(count),
  /** The largest distance between an output and its label, 0 to 9. */
  max_error: field<number>({ type: 'number', minimum: 0 }),
  /** Share of the points whose output is nearest to their label. */
  fitted: field<number>(share),
};

/** The record of {@link FIT_FIELDS}. */
export type Fit = RecordOf<typeof FIT_FIELDS>;
