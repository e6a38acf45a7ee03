/** What the stage `least-norm` records: a line of JSON for each problem that it solved. */

import { field, type RecordOf } from './fields.ts';

const count = { type: 'integer', minimum: 1 };
const positive = { type: 'number', minimum: 0 };
const share = { type: 'number', minimum: 0, maximum: 1 };

/** What is solved: two classes told apart by a linear function, or ten by sums of Gaussians. */
export const PROBLEMS = ['least squares', 'Gaussian kernel'] as const;

/** How: by SGD from a start, or exactly. */
export const METHODS = ['SGD from zero', 'SGD from a random start', 'exact'] as const;

/** A problem with its solution. Lengths are those of the weights w; of a kernel, of its function. */
export const SOLUTION_FIELDS = {
  /** Its name, `least-squares_100_zero`. */
  experiment: field<string>({ type: 'string' }),
  model: field<(typeof PROBLEMS)[number]>({ enum: PROBLEMS }),
  method: field<(typeof METHODS)[number]>({ enum: METHODS }),
  dataset: field<string>({ type: 'string' }),
  synthetic: field<boolean>({ type: 'boolean' }),
  seed: field<number>({ type: 'integer' }),
  /** Images that it fits, and that it is tested on. */
  train: field<number>(count),
  test: field<number>(count),
  /** Numbers an image. */
  dimensions: field<number>(count),
  /** Of SGD; null where it is solved exactly. */
  epochs: field<number | null>({ type: ['integer', 'null'], minimum: 1 }),
  /** The largest distance of an output from what it should be. */
  residual: field<number>(positive),
  norm: field<number>(positive),
  /** The norm of the solution of least norm. */
  least_norm: field<number>(positive),
  /** |w − the solution of least norm|, by the length of the latter. */
  distance: field<number>(positive),
  /** The part of w that is no sum of images, by the length of w. */
  outside: field<number>(positive),
  /** The Gaussian's σ² by the median of the squared distances of images; null where there is none. */
  width: field<number | null>({ type: ['number', 'null'], exclusiveMinimum: 0 }),
  train_error: field<number>(share),
  test_error: field<number>(share),
};

/** The record of {@link SOLUTION_FIELDS}. */
export type Solution = RecordOf<typeof SOLUTION_FIELDS>;

/** How far SGD was from the solution of least norm on its way. */
export const WAY_FIELDS = {
  experiment: SOLUTION_FIELDS.experiment,
  method: SOLUTION_FIELDS.method,
  train: SOLUTION_FIELDS.train,
  epochs: field<number>(count),
  distance: SOLUTION_FIELDS.distance,
};

/** The record of {@link WAY_FIELDS}. */
export type WayPoint = RecordOf<typeof WAY_FIELDS>;
