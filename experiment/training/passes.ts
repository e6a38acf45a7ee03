/** Takes an engine over many samples: in its own memory where it keeps them there, else batch by batch. */

import { batchGroups } from './batches.ts';
import type { BatchResult, Engine, PassResults, SamplePass } from './engine.ts';

/** Trains one step a batch of the pass. Each result is that before its step's update. */
export function trainOver(engine: Engine, pass: SamplePass, learningRate: number): PassResults {
  return engine.trainOver?.(pass, learningRate) ?? trainBatches(engine, pass, learningRate);
}

/** Runs the model forward on each batch of the pass. Trains nothing. */
export function evaluateOver(engine: Engine, pass: SamplePass): PassResults {
  return engine.evaluateOver?.(pass) ?? evaluateBatches(engine, pass);
}

async function* trainBatches(
  engine: Engine,
  { source, order, onStep }: SamplePass,
  learningRate: number,
): AsyncGenerator<readonly BatchResult[]> {
  for (const group of batchGroups(source, order, engine.batchesPerCall)) {
    onStep();
    yield await engine.train(group, learningRate);
  }
}

async function* evaluateBatches(
  engine: Engine,
  { source, order, onStep }: SamplePass,
): AsyncGenerator<readonly BatchResult[]> {
  for (const [batch] of batchGroups(source, order, 1)) {
    onStep();
    if (batch !== undefined) yield [await engine.evaluate(batch)];
  }
}
