/** The solutions of the stage `least-norm` as a table in Markdown. */

import { wordPower } from '../data/powers.ts';
import type { Solution } from '../recorded/solution.ts';
import { type Caption, formatCount } from './captions.ts';
import { formatMarkdown, type PageColumn } from './markdown.ts';

const COLUMNS: readonly PageColumn[] = [
  ['problem', 'texts'],
  ['solved by', 'texts'],
  ['images', 'numbers'],
  ['epochs', 'numbers'],
  ['largest residual', 'numbers'],
  ['norm', 'numbers'],
  ['distance to the least', 'numbers'],
  ['train error', 'numbers'],
  ['test error', 'numbers'],
];

/** The rows under a title and a caption, as GitHub-flavoured Markdown. */
export function formatSolutionsMarkdown(
  title: string,
  solutions: readonly Solution[],
  caption: Caption,
): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const rows = solutions.map((one) => {
    const { model, method, train, epochs, residual, norm, distance, train_error, test_error } = one;
    return [
      model,
      method,
      formatCount(train),
      epochs === null ? '–' : formatCount(epochs),
      wordPower(residual),
      norm.toPrecision(4),
      method === 'exact' ? '–' : wordPower(distance),
      percent(train_error),
      percent(test_error),
    ];
  });
  return formatMarkdown(title, caption, COLUMNS, rows);
}
