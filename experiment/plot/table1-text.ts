/** Table 1 as text: Markdown, and LaTeX for a paper. */

import { type Caption, writeCaption } from './captions.ts';
import { escapeLatex, formatLatexCaption } from './latex.ts';
import { formatMarkdown, type PageColumn } from './markdown.ts';
import { formatAccuracy, type TableRow } from './table1-rows.ts';

/** Notes of the picture that say nothing of a table. */
const isOfTable = (note: string) => !note.startsWith('Dashed');

const COLUMNS: readonly PageColumn[] = [
  ['model', 'texts'],
  ['random crop', 'texts'],
  ['weight decay', 'texts'],
  ['labels', 'texts'],
  ['train %, paper', 'numbers'],
  ['train %, ours', 'numbers'],
  ['test %, paper', 'numbers'],
  ['test %, ours', 'numbers'],
];

/** The rows of table 1 under its title and caption, as GitHub-flavoured Markdown. */
export function formatTableMarkdown(
  title: string,
  rows: readonly TableRow[],
  caption: Caption,
): string {
  const notes = caption.notes.filter(isOfTable);
  const cells = rows.map((row) => [row.model, ...wordRow(row)]);
  return formatMarkdown(`Table 1. ${title}`, { ...caption, notes }, COLUMNS, cells);
}

/** The rows of table 1 as a `table` for LaTeX, which needs the package `booktabs`. */
export function formatTableLatex(
  title: string,
  rows: readonly TableRow[],
  caption: Caption,
): string {
  const line = (cells: readonly string[]) => `  ${cells.map(escapeLatex).join(' & ')} \\\\`;
  const body = rows.flatMap((row, i) => {
    const isFirst = rows[i - 1]?.model !== row.model;
    const cells = [isFirst ? row.model : '', ...wordRow(row)];
    return [...(isFirst && i > 0 ? ['  \\midrule'] : []), line(cells)];
  });
  const notes = caption.notes.filter(isOfTable);
  return [
    '% Needs \\usepackage{booktabs}.',
    '\\begin{table}',
    '\\centering',
    formatLatexCaption(title, writeCaption({ ...caption, notes }, null), 'tab:table1').trimEnd(),
    // As wide as the text of an article, with the longest name of a model.
    '\\small',
    '\\setlength{\\tabcolsep}{3pt}',
    '\\begin{tabular}{llllrrrr}',
    '  \\toprule',
    '  & & & & \\multicolumn{2}{c}{train (\\%)} & \\multicolumn{2}{c}{test (\\%)} \\\\',
    '  \\cmidrule(lr){5-6} \\cmidrule(lr){7-8}',
    line(['model', 'crop', 'decay', 'labels', 'paper', 'ours', 'paper', 'ours']),
    '  \\midrule',
    ...body,
    '  \\bottomrule',
    '\\end{tabular}',
    '\\end{table}',
    '',
  ].join('\n');
}

function wordYes(on: boolean): string {
  return on ? 'yes' : 'no';
}

/** What stands in a row beside its model. */
function wordRow(row: TableRow): readonly string[] {
  const { train, test } = wordOurs(row);
  return [
    ...[wordYes(row.crop), wordYes(row.decay), row.labels],
    ...[row.paper_train.toFixed(2), train, row.paper_test.toFixed(2), test],
  ];
}

function wordOurs(row: TableRow): { readonly train: string; readonly test: string } {
  return row.status === 'measured'
    ? {
        train: formatAccuracy(row.train, row.train_high),
        test: formatAccuracy(row.test, row.test_high),
      }
    : { train: row.status, test: row.status };
}
