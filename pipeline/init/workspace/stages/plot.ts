/** The stage `plot`: the error of each estimate against its number of samples, as Vega-Lite. */

import { readFile, writeFile } from 'node:fs/promises';
import type { StageContext } from 'rederive/contract';

/** Runs the stage. Reads input `table`, writes output `figure`. */
export async function run({ inputs, outputs }: StageContext): Promise<void> {
  const table = await readFile(String(inputs['table']?.[0]?.path), 'utf8');
  const values = table
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  await writeFile(String(outputs['figure']), `${JSON.stringify(drawErrors(values), null, 2)}\n`);
}

/** The whole figure, data included: it can be mailed, and opens in any Vega-Lite editor. */
function drawErrors(values: readonly object[]): object {
  const log = { type: 'quantitative', scale: { type: 'log' } };
  const x = { ...log, field: 'samples' };
  const y = { ...log, field: 'error', title: 'error of the estimate' };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    title: 'Monte Carlo estimates of pi',
    description: 'Error against number of samples: a point for each seed, a line for their mean.',
    width: 420,
    height: 260,
    config: { axis: { grid: false } },
    data: { values },
    layer: [
      { mark: { type: 'line', opacity: 0.6 }, encoding: { x, y: { ...y, aggregate: 'mean' } } },
      { mark: { type: 'point', filled: true, tooltip: { content: 'data' } }, encoding: { x, y } },
    ],
  };
}
