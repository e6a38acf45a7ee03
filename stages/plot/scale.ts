/** Says where models differ from the paper's: their width, and how their weights started. */

import type { Experiment } from './read-runs.ts';
import { listDistinct } from './subtitle.ts';

/** A sentence on the models; nothing where all are as in the paper. */
export function describeScale(runs: readonly Pick<Experiment, 'width' | 'init'>[]): string[] {
  const widths = listDistinct(runs.map(({ width }) => width));
  const narrow = widths.some((width) => width !== 1);
  const he = runs.some(({ init }) => init === 'he');
  const parts = [
    ...(narrow ? [`of ${widths.join(' or ')} times the paper's width`] : []),
    ...(he ? ["with He's initial weights"] : []),
  ];
  return parts.length === 0 ? [] : [`Models ${parts.join(', ')}.`];
}
