/** The parameters of the stage `least-norm`. */

import type { StageContext } from 'rederive/contract';
import { fail } from '../../experiment/data/failure.ts';
import { compileSchema, formatErrors } from '../../experiment/data/json.ts';

/** What it solves. */
export interface Settings {
  readonly seed: number;
  /** Images of each least-squares problem, and the epochs of SGD at most. */
  readonly leastSquares: readonly number[];
  readonly epochs: number;
  /** Images of each kernel problem. */
  readonly kernel: readonly number[];
}

interface Given {
  readonly seed: number;
  readonly least_norm: {
    readonly least_squares: readonly number[];
    readonly epochs: number;
    readonly kernel: readonly number[];
  };
}

const count = { type: 'integer', minimum: 1 };
const sizes = {
  type: 'array',
  items: { type: 'integer', minimum: 10 },
  minItems: 1,
  uniqueItems: true,
};
const validate = compileSchema<Given>({
  type: 'object',
  properties: {
    seed: { type: 'integer' },
    least_norm: {
      type: 'object',
      properties: { least_squares: sizes, epochs: count, kernel: sizes },
      required: ['least_squares', 'epochs', 'kernel'],
    },
  },
  required: ['seed', 'least_norm'],
});

/** Takes the settings from the job. Fails, listing all that is wrong, where they do not fit. */
export function readProblemSettings({ params, node }: StageContext): Settings {
  const given: unknown = params;
  if (!validate(given)) return fail(`${node} cannot run so:\n${formatErrors(validate)}`);
  const { least_squares: leastSquares, epochs, kernel } = given.least_norm;
  return { seed: given.seed, leastSquares, epochs, kernel };
}
