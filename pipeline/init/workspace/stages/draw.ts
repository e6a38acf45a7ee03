/** The stage `draw`: a Vega-Lite figure as SVG. README.md says how to add it to the pipeline. */

import { readFile, writeFile } from 'node:fs/promises';
import type { StageContext } from 'rederive/contract';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** Runs the stage. Reads input `figure`, writes output `svg`. */
export async function run({ inputs, outputs }: StageContext): Promise<void> {
  const text = await readFile(String(inputs['figure']?.[0]?.path), 'utf8');
  const { spec } = compile(JSON.parse(text) as TopLevelSpec);
  const view = new View(parse(spec), { renderer: 'none' });
  await writeFile(String(outputs['svg']), await view.toSVG());
}
