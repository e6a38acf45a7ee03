/** The solutions of the stage `least-norm` as a table in Markdown. */

import type { Solution } from '../recorded/solution.ts';
import { type Caption, formatCount } from './captions.ts';

/** The rows under a title and a caption, as GitHub-flavoured Markdown. */
export function formatSolutionsMarkdown(
  title: string,
  solutions: readonly Solution[],
  { summary, notes }: Caption,
): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const body = solutions.map((one) => {
    const { model, method, train, epochs, residual, norm, distance, train_error, test_error } = one;
    const cells = [
      model,
      method,
      formatCount(train),
      epochs === null ? '–' : formatCount(epochs),
      residual.toExponential(1),
      norm.toPrecision(4),
      method === 'exact' ? '–' : distance.toExponential(1),
      percent(train_error),
      percent(test_error),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `# ${title}`,
    '',
    summary.join(' · '),
    '',
    ...notes,
    '',
    '| problem | solved by | images | epochs | largest residual | norm | distance to the least | train error | test error |',
    '|---|---|--:|--:|--:|--:|--:|--:|--:|',
    ...body,
    '',
  ].join('\n');
}
