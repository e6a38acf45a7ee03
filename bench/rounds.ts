/** In which order rounds measure their sides, and how far their results lie apart. */

import { median } from './measure.ts';

/** Rounds that lie farther apart than this make a result doubtful. */
export const WIDE_SPREAD = 0.15;

/**
 * The sides in the order in which a round measures them; rounds count from 0. As many rounds as there
 * are sides (twice as many, of an odd number) are a square of Williams: each side comes once, or
 * twice, at each place, and equally often after each other one, because what ran before leaves its
 * heat and its caches behind.
 */
export function orderOf<Side>(sides: readonly Side[], round: number): Side[] {
  const count = sides.length;
  const order = sides.map((_, place) => {
    const step = place % 2 === 0 ? place / 2 : count - (place + 1) / 2;
    return sides[(step + round) % count] as Side;
  });
  return count % 2 === 1 && Math.floor(round / count) % 2 === 1 ? order.toReversed() : order;
}

/** (greatest − smallest) / median, of one side's rounds. */
export function spreadOf(values: readonly number[]): number {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}
