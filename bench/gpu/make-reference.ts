/** Writes what the CPU gives for the first steps of each model: `node make-reference.js DIR WIDTH BATCH STEPS MODELS`. */

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findModel } from '../../experiment/models/registry.ts';
import { createOnnxEngine } from '../../experiment/training/onnx/create.ts';
import { makeFirstSteps, SGD } from './reference.ts';

const [folder = '.', width = '1', batch = '128', steps = '20', names = ''] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const name of names.split(',')) {
  const path = join(folder, `${name}.json`);
  if (existsSync(path)) continue;
  const model = findModel(name, { width: Number(width) });
  const settings = { device: 'cpu', layout: 'auto' };
  const engine = await createOnnxEngine(settings, { model, sgd: SGD, threads: 2 });
  const sizes = { width: Number(width), batch: Number(batch), steps: Number(steps) };
  writeFileSync(path, JSON.stringify(await makeFirstSteps(engine, model, sizes)));
  console.error(`${name}: the CPU's first ${steps} steps`);
}
process.exit(0);
