/** Writes the files of a figure: Vega-Lite spec, SVG, PNG, the rows behind it, and what a paper takes. */

import { writeFile } from 'node:fs/promises';
import type { FigureProvenance, StageContext } from 'rederive/contract';
import type { TopLevelSpec } from 'vega-lite';
import { fail } from '../data/failure.ts';
import { type Caption, layOutSubtitle, writeCaption } from './captions.ts';
import { type CsvValue, writeCsv } from './csv.ts';
import { loadTypeface, type Typeface } from './font.ts';
import { writePaperFiles } from './paper.ts';
import { type NamedRow, nameResults, tellProvenance } from './provenance.ts';
import { drawPng, drawSvg } from './render.ts';
import { THEME } from './theme.ts';

/**
 * What a figure is laid out for: a page of its own, under its title, or the column of a paper, which
 * has less room for panels and sets the same text smaller.
 */
export type Medium = 'page' | 'paper';

/** Everything of a figure but its files. */
export interface Figure<Column extends string> {
  /** What the paper calls it, `Figure 1a`; absent where the paper has no such figure. */
  readonly number?: string;
  readonly title: string;
  readonly caption: Caption;
  /** How wide the figure is on a page, about, in pixels: what the lines under its title may take. */
  readonly width: number;
  /** What the figure shows, for those who cannot see it. */
  readonly description: string;
  /** The drawn values, inline in the spec. Each names the runs behind it. */
  readonly values: readonly (object & NamedRow)[];
  /** The rest of the spec: marks, panels, scales. */
  readonly chart: (medium: Medium) => object;
  readonly csv: {
    readonly columns: readonly Column[];
    readonly rows: Iterable<Readonly<Record<Column, CsvValue>>>;
  };
}

/**
 * Writes a figure to the outputs `spec`, `svg`, `png` and `csv`, each behind the prefix, and
 * reports what the drawing libraries warn of. Of what a paper takes, `plain_svg`, `pdf`, `caption`
 * and `latex`, those are written which the pipeline file has.
 *
 * @throws StageFailure where the pipeline file lacks one of the first four
 */
export async function writeFigure<Column extends string>(
  context: StageContext,
  prefix: '' | 'minutes_',
  figure: Figure<Column>,
): Promise<void> {
  const path = (name: string) =>
    context.outputs[`${prefix}${name}`] ??
    fail(`${context.node}: the output '${prefix}${name}' is missing from the pipeline file`);
  const typeface = loadTypeface();
  const provenance = tellProvenance(context, figure.values);
  const spec = assembleSpec(figure, provenance, typeface);
  const { svg, warnings } = await drawSvg(spec, typeface);
  for (const text of warnings) context.emit({ type: 'message', level: 'warning', text });
  await Promise.all([
    writeFile(path('spec'), formatSpec(spec, figure.values, provenance)),
    writeFile(path('svg'), svg),
    writeFile(path('png'), drawPng(svg, typeface, spec.usermeta)),
    writeCsv(path('csv'), figure.csv.columns, figure.csv.rows),
  ]);
  await writePaperFiles(
    (name) => context.outputs[`${prefix}${name}`],
    { ...spec, ...figure.chart('paper') } as TopLevelSpec,
    { title: figure.title, text: writeCaption(figure.caption, nameResults(provenance)) },
    typeface,
  );
}

/** Puts a figure together as one self-contained Vega-Lite spec. */
function assembleSpec<Column extends string>(
  figure: Figure<Column>,
  provenance: FigureProvenance,
  typeface: Typeface,
): TopLevelSpec {
  const results = nameResults(provenance);
  const { number, caption } = figure;
  const spec: object = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {
      text: number === undefined ? figure.title : `${number}. ${figure.title}`,
      subtitle: layOutSubtitle(caption, results, figure.width, typeface),
    },
    description: figure.description,
    config: THEME,
    data: { values: figure.values },
    ...figure.chart('page'),
    usermeta: { provenance, caption: writeCaption(caption, results) },
  };
  return spec as TopLevelSpec;
}

/** Formats a spec for readers and diffs: indented, but one line a data row and a run. */
function formatSpec(
  spec: TopLevelSpec,
  values: readonly object[],
  provenance: FigureProvenance,
): string {
  const lists = { '<runs>': provenance.runs, '<values>': values };
  const usermeta = { ...spec.usermeta, provenance: { ...provenance, runs: '<runs>' } };
  let text = JSON.stringify({ ...spec, data: { values: '<values>' }, usermeta }, null, 2);
  for (const [place, list] of Object.entries(lists)) {
    text = text.replace(
      new RegExp(`^( *)(.*)"${place}"`, 'm'),
      (_, indent: string, key: string) => {
        const lines = list.map((item) => `${indent}  ${JSON.stringify(item)}`);
        const body = lines.length === 0 ? '' : `\n${lines.join(',\n')}\n${indent}`;
        return `${indent}${key}[${body}]`;
      },
    );
  }
  return `${text}\n`;
}
