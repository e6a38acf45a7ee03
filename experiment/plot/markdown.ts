/** Tables that stand under a title and a caption, as GitHub-flavoured Markdown. */

import type { Caption } from './captions.ts';

/** A column: its head, and whether it holds numbers, which stand at the right. */
export type PageColumn = readonly [head: string, holds: 'texts' | 'numbers'];

/** A page with one table. @param rows the cells of each, as many as there are columns */
export function formatMarkdown(
  title: string,
  { summary, notes }: Caption,
  columns: readonly PageColumn[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const marks = columns.map(([, holds]) => (holds === 'numbers' ? '--:' : '---'));
  return [
    `# ${title}`,
    '',
    summary.join(' · '),
    '',
    ...notes,
    '',
    line(columns.map(([head]) => head)),
    `|${marks.join('|')}|`,
    ...rows.map(line),
    '',
  ].join('\n');
}
