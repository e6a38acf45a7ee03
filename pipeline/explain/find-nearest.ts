import type { ActionRecord } from '../cache/actions.ts';
import type { Difference } from './difference.ts';

/** An earlier result with all in which today's record differs from it. */
export interface Candidate {
  readonly action: ActionRecord;
  readonly differences: readonly Difference[];
}

/** The earlier result that has least in which it differs; of equally near ones the newest. */
export function findNearest(candidates: readonly Candidate[]): Candidate | null {
  let nearest: Candidate | null = null;
  for (const candidate of candidates) {
    if (nearest === null || isNearer(candidate, nearest)) nearest = candidate;
  }
  return nearest;
}

function isNearer(one: Candidate, other: Candidate): boolean {
  const more = one.differences.length - other.differences.length;
  if (more !== 0) return more < 0;
  return one.action.provenance.startedAt > other.action.provenance.startedAt;
}
