/** Writes down a short training, so that another implementation can follow it and compare. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeNpy } from '../experiment/data/npy.ts';
import type { Model } from '../experiment/models/model.ts';
import { batchGroups, epochOrder } from '../experiment/training/batches.ts';
import type { Engine, SgdOptions, TrainingState } from '../experiment/training/engine.ts';
import { encodeSafetensors, type SafeTensor } from '../experiment/training/safetensors.ts';
import { randomSource } from './samples.ts';

const STEPS = 5;
const LEARNING_RATE = 0.01;

export interface DumpOptions {
  readonly model: Model;
  readonly width: number;
  readonly engine: Engine;
  /** The engine as it was asked for, for the record. */
  readonly names: { readonly engine: string; readonly device: string; readonly layout: string };
  readonly sgd: SgdOptions;
  readonly batchSize: number;
  readonly initial: TrainingState;
}

/** What `dump.json` holds. */
export interface DumpRecord {
  readonly model: string;
  /** What the model's numbers of channels and units are multiplied by. */
  readonly width: number;
  readonly engine: string;
  readonly device: string;
  readonly layout: string;
  readonly batch: number;
  readonly steps: number;
  readonly learning_rate: number;
  readonly momentum: number;
  readonly weight_decay: number;
  /** Mean cross-entropy of each batch, before its step's update. */
  readonly losses: readonly number[];
  /** Correct answers of each batch, before its step's update. */
  readonly correct: readonly number[];
}

/**
 * Trains five steps from the initial state and writes into `folder`: `dump.json`;
 * `images.<step>.npy` [batch, 3, 28, 28] float32, normalised, and `labels.<step>.npy` [batch] int32,
 * steps from 0; `state.<step>.safetensors`, weights and running statistics before that step under
 * PyTorch's names and each velocity as `velocity/<name>`, and the same after the last step.
 */
export async function writeDump(folder: string, options: DumpOptions): Promise<DumpRecord> {
  const { model, engine, initial, sgd, batchSize } = options;
  await mkdir(folder, { recursive: true });
  await engine.importState(initial);
  const writeState = async (step: number) => {
    const bytes = encodeState(model, await engine.exportState());
    await writeFile(join(folder, `state.${step}.safetensors`), bytes);
  };
  const source = randomSource(model, STEPS * batchSize, batchSize);
  const order = epochOrder(1, 1, source.samples.count);
  const losses: number[] = [];
  const correct: number[] = [];
  await writeState(0);
  // A call a step, so that the state between is there; the bits do not depend on how many share one.
  for (const group of batchGroups(source, order, 1)) {
    const step = losses.length;
    for (const { images, labels } of group) {
      const shape = [labels.length, ...model.inputShape];
      await writeNpy(join(folder, `images.${step}.npy`), { shape, data: images });
      await writeNpy(join(folder, `labels.${step}.npy`), { shape: [labels.length], data: labels });
    }
    for (const result of await engine.train(group, LEARNING_RATE)) {
      losses.push(result.loss);
      correct.push(result.correct);
    }
    await writeState(step + 1);
  }
  const record: DumpRecord = {
    model: model.name,
    width: options.width,
    ...options.names,
    batch: batchSize,
    steps: STEPS,
    learning_rate: LEARNING_RATE,
    momentum: sgd.momentum,
    weight_decay: sgd.weightDecay,
    losses,
    correct,
  };
  await writeFile(join(folder, 'dump.json'), `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

function encodeState(model: Model, { weights, statistics, velocities }: TrainingState) {
  const tensors = new Map<string, SafeTensor>();
  for (const { name, shape } of [...model.parameters, ...model.statistics]) {
    const data = weights.get(name) ?? statistics.get(name);
    const velocity = velocities.get(name);
    if (data !== undefined) tensors.set(name, { shape, data });
    if (velocity !== undefined) tensors.set(`velocity/${name}`, { shape, data: velocity });
  }
  return encodeSafetensors({ tensors, metadata: {} });
}
