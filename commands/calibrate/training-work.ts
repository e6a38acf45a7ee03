/** Nodes that train or test, as the engine describes them → what their work is. */

import type { JsonObject, WorkToEstimate } from 'rederive/contract';
import { StageFailure } from '../../experiment/data/failure.ts';
import { type ExperimentConfig, parseConfig } from '../../experiment/recorded/config.ts';
import type { StepSetting } from './time-steps.ts';

/** A node's experiment, and what decides how long its steps take beside their threads. */
export interface TrainingWork {
  readonly config: ExperimentConfig;
  readonly setting: Omit<StepSetting, 'threads'>;
}

/** Numbers of images. */
export interface ImageCounts {
  readonly train: number;
  readonly test: number;
}

/** Reads the parameters of a node, or of a run of one; null where they are not those of an experiment. */
export function readWork({ params }: Pick<WorkToEstimate, 'params'>): TrainingWork | null {
  const { config: given, engine } = params as {
    config?: unknown;
    engine?: Record<string, unknown>;
  };
  const { name, device, layout } = engine ?? {};
  if (typeof name !== 'string' || typeof device !== 'string' || typeof layout !== 'string') {
    return null;
  }
  try {
    const config = parseConfig(given);
    const { model_name: model, width, batch_size: batchSize } = config;
    return { config, setting: { model, width, batchSize, engine: name, device, layout } };
  } catch (error) {
    // The run will tell what is wrong with it; an older one was of another form.
    if (error instanceof StageFailure) return null;
    throw error;
  }
}

const TRAIN_SHARE = 0.8;

/** How many images a profile trains and tests on, by its parameters; null where they do not say it. */
export function countImages({ dataset }: JsonObject): ImageCounts | null {
  const { train, test, split } = (dataset ?? {}) as Record<string, unknown>;
  if (typeof train !== 'number' || typeof test !== 'number') return null;
  if (split !== 'seed') return { train, test };
  const all = train + test;
  return { train: Math.floor(all * TRAIN_SHARE), test: all - Math.floor(all * TRAIN_SHARE) };
}

/** Whether it is our threads that compute, so that their number decides how long steps take. */
export function computesByThreads({ engine, device }: Omit<StepSetting, 'threads'>): boolean {
  return (engine === 'onnx' || engine === 'auto') && device === 'cpu';
}

/** A text that is equal for settings whose steps take equally long with equal threads. */
export function nameSetting(setting: Omit<StepSetting, 'threads'>): string {
  const { model, width, batchSize, engine, device, layout } = setting;
  return JSON.stringify([model, width, batchSize, engine, device, layout]);
}
