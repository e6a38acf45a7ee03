/** Of earlier results, the one to compare with. */

import type { ResultRecord } from '../cache/results.ts';
import type { Difference } from './difference.ts';

/** An earlier result with all in which today's record differs from it. */
export interface EarlierResult {
  readonly result: ResultRecord;
  readonly differences: readonly Difference[];
}

/** The earlier result that has least in which it differs; of equally near ones the newest. */
export function findNearest(candidates: readonly EarlierResult[]): EarlierResult | null {
  let nearest: EarlierResult | null = null;
  for (const candidate of candidates) {
    if (nearest === null || isNearer(candidate, nearest)) nearest = candidate;
  }
  return nearest;
}

function isNearer(one: EarlierResult, other: EarlierResult): boolean {
  const more = one.differences.length - other.differences.length;
  if (more !== 0) return more < 0;
  return one.result.provenance.startedAt > other.result.provenance.startedAt;
}
