/** Renews the tables of docs/paper-scale/README.md: what stands between its marks is made here, the rest by hand. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERDICTS } from '../../experiment/claims/claim.ts';
import type { ClaimsReport } from '../../experiment/claims/claims-report.ts';
import { fail } from '../../experiment/data/failure.ts';
import { formatAccuracy, tabulateTable1 } from '../../experiment/plot/table1-rows.ts';
import type { Evaluation } from '../../experiment/recorded/evaluation.ts';
import type { RecordedResult } from './folder.ts';

/** What the page tells of. */
export interface PageFacts {
  readonly folder: string;
  readonly evaluations: readonly Evaluation[];
  readonly claims: ClaimsReport;
  readonly results: readonly RecordedResult[];
}

/**
 * Renews a page in its place.
 *
 * @throws StageFailure where it lacks a pair of marks
 */
export function fillPage(path: string, facts: PageFacts): void {
  writeFileSync(path, renewBlocks(readFileSync(path, 'utf8'), facts));
}

/** The text of a page with its blocks made anew. */
export function renewBlocks(text: string, facts: PageFacts): string {
  let page = text;
  for (const [name, write] of Object.entries(BLOCKS)) {
    const begin = `<!-- made: ${name} -->`;
    const end = '<!-- end -->';
    const from = page.indexOf(begin);
    const to = page.indexOf(end, from);
    if (from < 0 || to < 0) fail(`the page has no ${begin} … ${end}`);
    page = `${page.slice(0, from + begin.length)}\n\n${write(facts).trim()}\n\n${page.slice(to)}`;
  }
  return page;
}

const BLOCKS: Readonly<Record<string, (facts: PageFacts) => string>> = {
  unseen: writeUnseen,
  claims: writeClaims,
  thresholds: writeThresholds,
  table1: writeTable1,
  figures: writeFigures,
  time: writeTime,
};

/** What was looked at and not seen, then what there was too little of to be looked at. */
function writeUnseen({ claims }: PageFacts): string {
  const others = claims.claims.filter(({ verdict }) => verdict !== 'reproduced');
  const lines = VERDICTS.flatMap((verdict) => others.filter((one) => one.verdict === verdict)).map(
    ({ statement, words, reason }) => `- **${statement}** ${capitalize(words)}: ${reason}`,
  );
  return lines.length === 0 ? 'Every claim that is judged here is reproduced.' : lines.join('\n');
}

function writeClaims({ claims }: PageFacts): string {
  return table(
    ['claim', 'in the paper', 'verdict', 'because'],
    claims.claims.map(({ statement, place, words, reason }) => [statement, place, words, reason]),
  );
}

/** When each training met the threshold, a row a model. */
function writeThresholds({ evaluations }: PageFacts): string {
  const plain = evaluations.filter((one) => one.weight_decay === 0 && !one.crop);
  const keyOf = ({ corruption, p }: Evaluation) => (corruption === 'none' ? `p=${p}` : corruption);
  const keys = [...new Set(plain.toSorted((a, b) => a.p - b.p).map(keyOf))].sort(
    (a, b) => Number(b.startsWith('p=')) - Number(a.startsWith('p=')),
  );
  const models = [...new Set(plain.map(({ model }) => model))];
  const tell = (model: string, key: string) => {
    const one = plain.find((run) => run.model === model && keyOf(run) === key);
    if (one === undefined) return '–';
    const error = one.test_error === null ? '–' : one.test_error.toFixed(3);
    const accuracy = one.train_accuracy?.toFixed(4) ?? '–';
    return one.reached ? `${one.epoch} / ${error}` : `not in ${one.epoch} (${accuracy}) / ${error}`;
  };
  return table(
    ['', ...keys],
    models.map((model) => [model, ...keys.map((key) => tell(model, key))]),
  );
}

function writeTable1({ evaluations }: PageFacts): string {
  return table(
    [
      'model',
      'setting',
      'train %, paper',
      'train %, ours',
      'test %, paper',
      'test %, ours',
      'threshold',
    ],
    tabulateTable1(evaluations).map((row) => {
      const isRun = row.status === 'measured';
      return [
        ...[row.model, row.setting, row.paper_train.toFixed(2)],
        isRun ? formatAccuracy(row.train, row.train_high) : row.status,
        row.paper_test.toFixed(2),
        isRun ? formatAccuracy(row.test, row.test_high) : row.status,
        row.reached === null ? '' : row.reached ? 'reached' : 'not reached',
      ];
    }),
  );
}

function writeFigures({ folder, results }: PageFacts): string {
  return results
    .filter(({ node }) => node.startsWith('plot-'))
    .flatMap(({ node }) => FIGURES.filter(([maker]) => maker === node))
    .sort((a, b) => FIGURES.indexOf(a) - FIGURES.indexOf(b))
    .flatMap(([, name]) => {
      const caption = join(folder, `${name}.caption.txt`);
      if (!existsSync(caption)) return [];
      const [title = name, ...rest] = readFileSync(caption, 'utf8')
        .trim()
        .replace(SETTINGS, '')
        .split(/(?<=\.) (?=[A-Z])/);
      return [`![${title}](${name}.png)`, `**${title}** ${rest.join(' ')}`];
    })
    .join('\n\n');
}

/** What was set on the command line, in a caption: the same in all, and told once on the page. */
const SETTINGS = /, with \S+=.*?(?=\. [A-Z])/;

/** The nodes that draw, with the names of what they draw, in the paper's order. */
const FIGURES: readonly (readonly [node: string, name: string])[] = [
  ['plot-learning-curves', 'figure1a-learning-curves'],
  ['plot-convergence-slowdown', 'figure1b-convergence-slowdown'],
  ['plot-generalization-error', 'figure1c-generalization-error'],
  ['plot-batch-norm', 'figure2-batch-norm'],
  ['plot-table1', 'table1'],
  ['plot-capacity-curves', 'capacity-curves'],
  ['plot-seed-importance', 'seed-importance'],
  ['plot-implicit-regularization', 'implicit-regularization'],
];

/** How long trainings took, a row a model. */
function writeTime({ evaluations, results }: PageFacts): string {
  const models = [...new Set(evaluations.map(({ model }) => model))];
  return table(
    ['model', 'trainings', 'seconds in all', 'longest'],
    models.map((model) => {
      const names = new Set(
        evaluations.filter((one) => one.model === model).map((one) => one.experiment),
      );
      const own = results.filter(
        ({ node }) => node.startsWith('train/') && names.has(node.slice('train/'.length)),
      );
      const seconds = own.map((one) => one.seconds);
      const total = seconds.reduce((sum, one) => sum + one, 0);
      return [model, String(own.length), total.toFixed(0), Math.max(0, ...seconds).toFixed(0)];
    }),
  );
}

function capitalize(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
