/** The interpolation threshold: when a model counts as having fitted its training set. */

import type { EpochMeans } from '../recorded/metrics.ts';

const LOSS_BELOW = 0.01;
const ACCURACY_ABOVE = 0.997;

/** True from the first epoch on whose mean loss is below 0.01 or whose accuracy is above 0.997. */
export function isInterpolated({ loss, accuracy }: EpochMeans): boolean {
  return loss < LOSS_BELOW || accuracy > ACCURACY_ABOVE;
}
