/** The interpolation threshold: when a model counts as having fitted its training set. */

import type { EpochMeans } from '../recorded/metrics.ts';

/** The mean loss of an epoch below which a model is at the threshold. */
export const LOSS_BELOW = 0.01;
/** The accuracy above which it is. */
export const ACCURACY_ABOVE = 0.997;

/** True of an epoch whose mean loss is below {@link LOSS_BELOW} or whose accuracy is above {@link ACCURACY_ABOVE}. */
export function isInterpolated({ loss, accuracy }: EpochMeans): boolean {
  return loss < LOSS_BELOW || accuracy > ACCURACY_ABOVE;
}
