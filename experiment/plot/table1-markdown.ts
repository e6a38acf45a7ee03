/** Table 1 as Markdown. */

import type { Subtitle } from './subtitle.ts';
import { formatAccuracy, type TableRow } from './table1-rows.ts';

/** The rows of table 1 and what stands under its title, as GitHub-flavoured Markdown. */
export function formatTableMarkdown(
  title: string,
  rows: readonly TableRow[],
  { summary, notes }: Subtitle,
): string {
  const yes = (on: boolean) => (on ? 'yes' : 'no');
  const body = rows.map((row) => {
    const ours =
      row.status === 'measured'
        ? [formatAccuracy(row.train, row.train_high), formatAccuracy(row.test, row.test_high)]
        : [row.status, row.status];
    const cells = [
      row.model,
      yes(row.crop),
      yes(row.decay),
      row.labels,
      ...[row.paper_train, ours[0], row.paper_test, ours[1]].map((cell) =>
        typeof cell === 'number' ? cell.toFixed(2) : cell,
      ),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `# ${title}`,
    '',
    summary,
    '',
    ...notes.slice(0, -1),
    '',
    '| model | random crop | weight decay | labels | train %, paper | train %, ours | test %, paper | test %, ours |',
    '|---|---|---|---|--:|--:|--:|--:|',
    ...body,
    '',
  ].join('\n');
}
