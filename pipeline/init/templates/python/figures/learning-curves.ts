/** The stage `plot`: test loss by epoch, a colour for each learning rate. */

import { readFile } from 'node:fs/promises';
import type { StageContext } from 'rederive/contract';
import { COLOURS, drawFigure, type FigureSpec } from './draw-figure.ts';

/** Runs the stage. Reads inputs `curves`, writes outputs `spec`, `svg` and `png`. */
export async function run({ inputs, ...context }: StageContext): Promise<void> {
  const curves = inputs['curves'] ?? [];
  const rows = await Promise.all(
    // The cell says which model a file is of: { rate: 0.3, seed: 1 }.
    curves.map(async ({ cell, path }) => {
      const lines = (await readFile(path, 'utf8')).trim().split('\n');
      return lines.map((line) => ({ ...(JSON.parse(line) as object), ...cell }));
    }),
  );
  const seeds = new Set(curves.map(({ cell }) => cell['seed'])).size;
  await drawFigure(describe(rows.flat(), seeds), context);
}

function describe(values: readonly object[], seeds: number): FigureSpec {
  const x = { field: 'epoch', type: 'quantitative', title: 'epoch', scale: { nice: false } };
  const y = { type: 'quantitative', title: 'test loss', scale: { zero: true } };
  const color = {
    field: 'rate',
    type: 'nominal',
    title: 'learning rate',
    scale: { range: COLOURS },
    legend: { title: 'learning rate', titleOrient: 'left', titleFontWeight: 400, titlePadding: 12 },
  };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {
      text: 'How the learning rate decides how a small classifier learns',
      subtitle: `Two half moons, tested on points it was not trained on. Lines: mean of ${seeds} seeds; bands: their range.`,
    },
    description: 'Test loss by epoch: a line for each learning rate, the mean over seeds.',
    width: 560,
    height: 300,
    data: { values },
    encoding: { x, color },
    layer: [
      {
        mark: { type: 'area', opacity: 0.16, line: false },
        encoding: {
          y: { ...y, field: 'loss', aggregate: 'min' },
          y2: { field: 'loss', aggregate: 'max' },
        },
      },
      {
        mark: { type: 'line', strokeWidth: 2 },
        encoding: { y: { ...y, field: 'loss', aggregate: 'mean' } },
      },
    ],
  };
}
