/** Steps of cleaning, in text. */

import { countOf } from '../../progress/units.ts';
import type { CleanStep } from '../../session/clean-outputs.ts';

/** Stale outputs that are named where others are what is asked for. */
const MOST_NAMED = 10;

/** A step of cleaning for people, as lines. */
export function wordCleanStep(step: CleanStep): readonly string[] {
  switch (step.kind) {
    case 'kept':
      return [`kept ${step.path}: ${step.why}`];
    case 'would-remove':
      return [`would remove ${step.path}`];
    case 'left-stale':
      return wordLeft(step.paths);
    case 'left-in-part':
      return [`left ${step.path} in part: it may not be removed, or has changed meanwhile`];
    case 'removed-stale': {
      const left = step.isWhole ? '' : ', but for what no run put there or has changed since';
      return [`removed ${step.path}${left}`];
    }
    case 'end':
      return [wordEnd(step)];
    default:
      return step satisfies never;
  }
}

function wordLeft(paths: readonly string[]): string[] {
  const lines = paths
    .slice(0, MOST_NAMED)
    .map((path) => `left ${path}: no stage makes it any more; clean --stale removes it`);
  const more = paths.length - lines.length;
  if (more > 0) lines.push(`left ${more} more that no stage makes; clean --stale removes them`);
  return lines;
}

function wordEnd({ count, isStale, isDry }: CleanStep & { readonly kind: 'end' }): string {
  const what = `${countOf(count, 'output')}${isStale ? ' that no stage makes any more' : ''}`;
  if (isDry) return `would remove ${what}`;
  return isStale ? `removed ${what}` : `removed ${what}; pipeline run puts them back`;
}
