/** The pass over the test images, in the course of a training or after it. */

import type { Dataset } from '../data/dataset.ts';
import type { Model } from '../models/model.ts';
import { countBatches, naturalOrder, sizeOfBatch } from './batches.ts';
import type { Engine } from './engine.ts';
import { evaluateOver } from './passes.ts';
import { type Emit, reportBatches } from './progress.ts';
import { addBatch, EMPTY_TALLY, type Tally } from './tally.ts';

/** What to test, and whom to tell. */
export interface TestPass {
  readonly engine: Engine;
  readonly model: Model;
  readonly dataset: Dataset;
  readonly batchSize: number;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Called after one or more batches with the share that is done, 0 to 1. */
  readonly onShare?: (share: number) => void;
}

/** Runs the model over the test images, cut out centrally, in their order. Trains nothing. */
export async function testModel(pass: TestPass): Promise<Tally> {
  const { engine, model, dataset, batchSize, emit, signal, onShare } = pass;
  const { test: samples, info } = dataset;
  const total = countBatches(samples.count, batchSize);
  const source = { samples, info, batchSize, sampleShape: model.inputShape };
  let tally = EMPTY_TALLY;
  let done = 0;
  const order = naturalOrder(samples.count);
  const onStep = () => signal.throwIfAborted();
  for await (const results of evaluateOver(engine, { source, order, onStep })) {
    for (const result of results) {
      tally = addBatch(tally, result, sizeOfBatch(done, samples.count, batchSize));
      done += 1;
    }
    reportBatches(emit, 'Test', done, total, tally);
    onShare?.(done / total);
  }
  return tally;
}
