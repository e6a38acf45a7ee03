/** Trains models on tfjs-node with so many threads, and prints a hash of all bits: for a test. */

import { createHash } from 'node:crypto';
import { findModel, MODEL_NAMES } from '../../../experiment/models/registry.ts';
import { initialState } from '../../../experiment/training/initialisation.ts';
import { loadPackage } from '../../../experiment/training/tfjs/load.ts';
import { openTfjsEngine } from '../../../experiment/training/tfjs/tfjs-engine.ts';
import { digestOf, PLAIN, randomBatch } from './samples.ts';

const threads = Number(process.argv[2]);
const loaded = await loadPackage('@tensorflow/tfjs-node');
for (const name of MODEL_NAMES) {
  const model = findModel(name, { width: 0.5 });
  const engine = openTfjsEngine({ model, sgd: PLAIN, threads }, loaded);
  await engine.importState(initialState(model, 42));
  for (const size of [16, 5, 1]) await engine.train([randomBatch(model, size, size)], 0.01);
  const { logits } = await engine.evaluate(randomBatch(model, 7, 7));
  const hash = createHash('sha256').update(digestOf(await engine.exportState()));
  console.log(name, hash.update(logits).digest('hex'));
}
