/** The width of a model: what its numbers of channels and hidden units are multiplied by. */

/**
 * With a single channel a batch norm undoes whatever scale the one before it learns, whose gradient
 * is then rounding noise.
 */
const FEWEST = 4;

/** Scales a number of channels or units: to the nearest whole number, at least four. */
export type Widen = (channels: number) => number;

/** The scaling by this factor. */
export function widenBy(factor: number): Widen {
  return (channels) => Math.max(FEWEST, Math.round(channels * factor));
}
