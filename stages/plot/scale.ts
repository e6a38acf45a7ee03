/** Says where models are narrower or wider than the paper's. */

import { listDistinct } from './subtitle.ts';

/** A sentence on the models' width; nothing where all have the paper's. */
export function describeScale(runs: readonly { readonly width: number }[]): string[] {
  const widths = listDistinct(runs.map(({ width }) => width));
  if (widths.every((width) => width === 1)) return [];
  return [`Models of ${widths.join(' or ')} times the paper's width.`];
}
