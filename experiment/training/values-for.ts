/** Looks up the values of a tensor in a state, for engines that import it. */

import type { Parameter, Statistic } from '../models/parameters.ts';
import { countValues } from '../models/shapes.ts';
import type { ParameterValues } from './engine.ts';

/** The values of this name. Throws a RangeError where there are none, or not as many as the shape says. */
export function valuesFor(
  values: ParameterValues,
  { name, shape }: Parameter | Statistic,
): Float32Array {
  const found = values.get(name);
  const size = countValues(shape);
  if (found?.length === size) return found;
  throw new RangeError(`the state has ${found?.length ?? 'no'} values of ${name}, not ${size}`);
}
