/** Renders a report as HTML, by the templates in `templates/report/`, in the frame that any report has. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import nunjucks from 'nunjucks';
import type { ReportPage, ReportParts } from 'rederive/contract';
import { wordCount, wordShare } from '../../experiment/claims/wording.ts';
import type { ExperimentStatus } from './experiments.ts';
import { labelFigures, labelRuns, nameCorruption } from './labels.ts';
import type { ReportModel } from './model.ts';
import { wordUnreached } from './unreached.ts';
import { wordOptions } from './word-options.ts';

/** What a page takes from outside its text. */
export interface PageAssets {
  /** HTML: script elements. */
  readonly scripts: string;
  /** The address of a picture, by its name. */
  readonly addressOf: (picture: string) => string;
  /** The files of a figure lie beside the page, which links to them. */
  readonly hasFiles: boolean;
  /** What the page lacks so that it is small, in words. */
  readonly leftOut: readonly string[];
}

/** What a cell of the claims' matrix shows, by what came of the claim. */
const TICKS = { holds: '✓', against: '✗', 'too close to call': '≈', 'not testable': '–' };

/** Style sheets of the page, in their order. */
const STYLES = ['report.css', 'drawer.css'];

/** Renders `index.html`. The same model gives the same text. */
export function renderPage(
  workspace: string,
  model: ReportModel,
  parts: ReportParts,
  assets: PageAssets,
): string {
  const folder = join(workspace, 'templates', 'report');
  const { claims, provenance } = model;
  const render = openTemplates(folder, model, assets);
  const section = (id: string, title: string): ReportPage['sections'][number] => ({
    id,
    title,
    html: render(id),
  });
  return parts.render({
    title: `${claims.paper.title}: profile ${provenance.profile}`,
    header: render('header'),
    contents: render('contents'),
    styles: STYLES.map((name) => readFileSync(join(folder, name), 'utf8')).join(''),
    sections: [
      section('figures', 'Figures'),
      section('claims', "The paper's claims"),
      section('experiments', 'Experiments'),
      parts.graph,
      section('timeline', 'Timeline'),
      section('provenance', 'Provenance'),
      section('rerun', 'Run it again'),
    ],
    scripts: assets.scripts,
  });
}

/** What renders a template of a folder by its name, with all that a report shows. */
function openTemplates(
  folder: string,
  model: ReportModel,
  { addressOf, hasFiles, leftOut }: PageAssets,
): (name: string) => string {
  const templates = new nunjucks.Environment(new nunjucks.FileSystemLoader(folder), {
    autoescape: true,
    throwOnUndefined: true,
    trimBlocks: true,
    lstripBlocks: true,
  });
  templates.addFilter('json', embedJson);
  templates.addFilter('claims', wordCount);
  templates.addFilter('share', wordShare);
  templates.addFilter('percent', (share: number) => `${(100 * share).toFixed(1)}%`);
  // A line may break within a name: before its capitals.
  templates.addFilter('breakable', (name: string) => name.split(/(?<=[a-z])(?=[A-Z])/));
  templates.addFilter('count', (value: number) => value.toLocaleString('en-US'));
  const { claims, matrix, figures, experiments, provenance } = model;
  const options = wordOptions(provenance);
  const rows = experiments.map(describeExperiment);
  templates.addFilter('address', addressOf);
  const shown = new Set(rows.map(({ name }) => name));
  // What a claim rests on may be no experiment of the table.
  templates.addFilter('isShown', (run: string) => shown.has(run));
  const context = {
    claims,
    matrix,
    labels: { figures: labelFigures(figures), runs: labelRuns(experiments) },
    ticks: TICKS,
    isSynthetic: experiments.some(({ row }) => row?.['synthetic'] === true),
    figures,
    hasFiles,
    leftOut,
    rows,
    columns: listColumns(rows),
    unreached: wordUnreached(rows),
    provenance,
    options,
    missing: experiments.filter(({ row }) => row === null).length,
    choices: {
      model: listChoices(rows, 'model'),
      p: listChoices(rows, 'p'),
      corruption: listChoices(rows, 'corruption'),
    },
  };
  return (name) => templates.render(`${name}.html.njk`, context);
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
  readonly weight_decay: string;
  /** Which part of an image is trained on. */
  readonly crop: string;
  readonly reached: boolean | null;
  readonly epoch: number | null;
  readonly step: number | null;
  readonly train_accuracy: number | null;
  readonly test_error: number | null;
  readonly diverged: boolean;
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
    corruption: nameCorruption(text('corruption'), text('p')),
    p: text('p'),
    seed: text('seed'),
    weight_decay: text('weight_decay'),
    crop: nameCrop(field('crop')),
    reached: row === null ? null : row['reached'] === true,
    epoch: number('epoch'),
    step: number('step'),
    train_accuracy: number('train_accuracy'),
    test_error: number('test_error'),
    diverged: row !== null && row['test_error'] === null,
  };
}

function nameCrop(crop: unknown): string {
  return typeof crop === 'boolean' ? (crop ? 'random' : 'central') : '';
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
    { key: 'weight_decay', title: 'weight decay', isNumber: true },
    { key: 'crop', title: 'crop', isNumber: false },
    { key: 'reached', title: 'threshold', isNumber: false },
    { key: 'epoch', title: 'epochs', isNumber: true },
    { key: 'step', title: 'steps', isNumber: true },
    { key: 'train_accuracy', title: 'training accuracy', isNumber: true },
    { key: 'test_error', title: 'test error', isNumber: true },
    { key: 'seconds', title: 'time', isNumber: true },
    { key: 'made', title: 'made', isNumber: false },
  ];
}

function listChoices(rows: readonly ExperimentRow[], key: 'model' | 'p' | 'corruption') {
  const values = [...new Set(rows.map((row) => row[key]))];
  return key === 'p' ? values.sort((a, b) => Number(a) - Number(b)) : values;
}
