/** The stage `plot`: the error of each estimate against its number of samples. */

import { readFile } from 'node:fs/promises';
import type { StageContext } from 'rederive/contract';
import { COLOURS, drawFigure, type FigureSpec } from './draw-figure.ts';

/** Runs the stage. Reads input `table`, writes outputs `spec`, `svg` and `png`. */
export async function run({ inputs, ...context }: StageContext): Promise<void> {
  const table = await readFile(String(inputs['table']?.[0]?.path), 'utf8');
  const lines = table.trim().split('\n');
  await drawFigure(describe(lines.map((line) => JSON.parse(line) as object)), context);
}

/** Ticks of logarithmic axes: 0.000001 to 1,000,000. */
const DECADES = Array.from({ length: 13 }, (_, i) => Number(`1e${i - 6}`));

/** The whole figure, data included: it can be mailed, and opens in any Vega-Lite editor. */
function describe(values: readonly object[]): FigureSpec {
  const scale = { type: 'log', nice: false, padding: 16 };
  const axis = { values: DECADES, labelExpr: "format(datum.value, ',~r')" };
  const x = { type: 'quantitative', scale, axis, field: 'samples', title: 'samples' };
  const y = { type: 'quantitative', scale, axis, field: 'error', title: 'error of the estimate' };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: {
      text: 'A hundred times the samples, a tenth of the error',
      subtitle: 'Monte Carlo estimates of pi. A point for each seed; the line is their mean.',
    },
    description: 'Error against number of samples: a point for each seed, a line for their mean.',
    width: 480,
    height: 280,
    data: { values },
    layer: [
      {
        mark: { type: 'line', strokeWidth: 2, color: COLOURS[0] },
        encoding: { x, y: { ...y, aggregate: 'mean' } },
      },
      {
        mark: { type: 'point', filled: true, size: 50, opacity: 0.8, color: COLOURS[1] },
        encoding: { x, y },
      },
    ],
  };
}
