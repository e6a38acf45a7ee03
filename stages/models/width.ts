/** The width of a model: what its numbers of channels and hidden units are multiplied by. */

/** Scales a number of channels or units: to the nearest whole number, at least one. */
export type Widen = (channels: number) => number;

/** The scaling by this factor. */
export function widenBy(factor: number): Widen {
  return (channels) => Math.max(1, Math.round(channels * factor));
}
