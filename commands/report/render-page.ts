/** Renders a report as HTML, by the templates in `templates/report/`. */

import { join } from 'node:path';
import nunjucks from 'nunjucks';
import { RANDOMIZATION_TESTS } from '../../experiment/corruption/randomization-tests.ts';
import type { ExperimentStatus } from './experiments.ts';
import type { ReportModel } from './model.ts';

/** Renders `index.html`. The same model gives the same text. */
export function renderPage(workspace: string, model: ReportModel, graph: string): string {
  const loader = new nunjucks.FileSystemLoader(join(workspace, 'templates', 'report'));
  const templates = new nunjucks.Environment(loader, {
    autoescape: true,
    throwOnUndefined: true,
    trimBlocks: true,
    lstripBlocks: true,
  });
  templates.addFilter('json', embedJson);
  templates.addFilter('percent', (share: number) => `${(100 * share).toFixed(1)}%`);
  templates.addFilter('count', (value: number) => value.toLocaleString('en-US'));
  const { claims, figures, experiments, provenance } = model;
  const options = [
    `--profile ${provenance.profile}`,
    ...provenance.settings.map((setting) => `--set ${quoteWord(setting)}`),
  ].join(' ');
  const rows = experiments.map(describeExperiment);
  return templates.render('index.html.njk', {
    claims,
    figures,
    rows,
    columns: listColumns(rows),
    graph,
    provenance,
    options,
    missing: experiments.filter(({ row }) => row === null).length,
    choices: {
      model: listChoices(rows, 'model'),
      p: listChoices(rows, 'p'),
      corruption: listChoices(rows, 'corruption'),
    },
  });
}

/** A JSON text for a script element, which nothing in it can end. */
function embedJson(value: unknown): nunjucks.runtime.SafeString {
  const text = JSON.stringify(value).replaceAll('<', '\\u003c');
  return new nunjucks.runtime.SafeString(text);
}

/** A line of the table of experiments; null where there is no result. */
interface ExperimentRow {
  readonly name: string;
  readonly evaluation: string;
  readonly training: string;
  readonly isMade: boolean;
  readonly model: string;
  readonly corruption: string;
  readonly p: string;
  readonly seed: string;
  readonly reached: boolean | null;
  readonly epoch: number | null;
  readonly step: number | null;
  readonly train_accuracy: number | null;
  readonly test_error: number | null;
  readonly diverged: boolean;
}

/** What of the images is corrupted, as figures call it. */
function nameCorruption(corruption: string): string {
  if (corruption === 'none') return 'Labels only';
  const test = RANDOMIZATION_TESTS.find((one) => one.corruption === corruption);
  return test?.name ?? corruption;
}

function describeExperiment(experiment: ExperimentStatus): ExperimentRow {
  const { name, row, known, evaluation, training } = experiment;
  const field = (key: string) => row?.[key] ?? known[key];
  const text = (key: string) => String(field(key) ?? '');
  const number = (key: string) => {
    const value = row?.[key];
    return typeof value === 'number' ? value : null;
  };
  return {
    name,
    evaluation: evaluation.node,
    training: training?.node ?? evaluation.node,
    isMade: row !== null,
    model: text('model'),
    corruption: nameCorruption(text('corruption')),
    p: text('p'),
    seed: text('seed'),
    reached: row === null ? null : row['reached'] === true,
    epoch: number('epoch'),
    step: number('step'),
    train_accuracy: number('train_accuracy'),
    test_error: number('test_error'),
    diverged: row !== null && row['test_error'] === null,
  };
}

/** The columns of the table, with the name that a screen shows and whether it is a number. */
function listColumns(rows: readonly ExperimentRow[]) {
  const seeds = new Set(rows.map(({ seed }) => seed).filter((seed) => seed !== ''));
  return [
    { key: 'name', title: 'experiment', isNumber: false },
    { key: 'model', title: 'model', isNumber: false },
    { key: 'p', title: 'p', isNumber: true },
    { key: 'corruption', title: 'corruption', isNumber: false },
    ...(seeds.size > 1 ? [{ key: 'seed', title: 'seed', isNumber: true }] : []),
    { key: 'reached', title: 'threshold', isNumber: false },
    { key: 'epoch', title: 'epochs', isNumber: true },
    { key: 'step', title: 'steps', isNumber: true },
    { key: 'train_accuracy', title: 'training accuracy', isNumber: true },
    { key: 'test_error', title: 'test error', isNumber: true },
    { key: 'seconds', title: 'time', isNumber: true },
    { key: 'made', title: 'made by', isNumber: false },
  ];
}

function listChoices(rows: readonly ExperimentRow[], key: 'model' | 'p' | 'corruption') {
  const values = [...new Set(rows.map((row) => row[key]))];
  return key === 'p' ? values.sort((a, b) => Number(a) - Number(b)) : values;
}

/** A word for a shell, quoted where it must be. */
function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
