/** Says where models differ from the paper's: their width, and how their weights started. */

import type { ExperimentFacts } from '../recorded/facts.ts';
import { listDistinct, listWords } from './captions.ts';
import { orderModels } from './palette.ts';

/** Sentences on the models; none where all are as in the paper. */
export function describeScale(
  runs: readonly Pick<ExperimentFacts, 'model' | 'width' | 'init'>[],
): string[] {
  const widths = listDistinct(runs.map(({ width }) => width));
  const started = orderModels(runs.flatMap(({ model, init }) => (init === 'he' ? [model] : [])));
  const all = runs.every(({ init }) => init === 'he');
  return [
    ...(widths.every((width) => width === 1)
      ? []
      : [`Models of ${widths.join(' or ')} times the paper's width.`]),
    ...(started.length === 0
      ? []
      : [`Weights of ${all ? 'all models' : listWords(started)} start by He's rule.`]),
  ];
}
