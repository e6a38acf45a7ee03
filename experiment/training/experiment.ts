/** What a stage is told of the experiment that it works on. */

import type { JobFile } from 'rederive/contract';
import { type Dataset, readDataset } from '../data/dataset.ts';
import { fail } from '../data/failure.ts';
import { holdPixels, IMAGE_SIZE } from '../data/images.ts';
import { readArchitecture } from '../models/architecture-file.ts';
import { hasBatchNorm, type Model } from '../models/model.ts';
import { type ExperimentConfig, parseConfig } from '../recorded/config.ts';
import type { EngineSettings } from './engine.ts';
import { inputPath } from './job-files.ts';

export interface Experiment {
  /** `MLP1_0.2_none`: the node's name without its stage. */
  readonly name: string;
  readonly config: ExperimentConfig;
  readonly model: Model;
  /** The engine's name, for the records, and its settings. */
  readonly engine: EngineSettings & { readonly name: string };
  readonly dataset: Dataset;
}

/** Reads the job's config and its data. Fails where they are faulty or do not belong together. */
export async function readExperiment(job: JobFile): Promise<Experiment> {
  const config = parseConfig(job.params['config']);
  const model = await readModel(job, config);
  const engine = readEngine(job);
  const dataset = await readDataset(inputPath(job, 'data'));
  checkData(config, dataset);
  checkCrop(config, dataset);
  return { name: job.node.slice(job.node.indexOf('/') + 1), config, model, engine, dataset };
}

/**
 * Reads the input `architecture`: the model of an experiment. Fails where it is not that of the config,
 * or has batch norm where the config has not.
 */
export async function readModel(job: JobFile, config: ExperimentConfig): Promise<Model> {
  const model = await readArchitecture(inputPath(job, 'architecture'));
  if (model.name !== config.model_name) {
    fail(`the config is of ${config.model_name}, but its architecture of ${model.name}`);
  }
  checkBatchNorm(config, model);
  return model;
}

/** The engine that the parameters under `engine` name. Fails where they do not. */
export function readEngine({ params }: JobFile): Experiment['engine'] {
  const engine = params['engine'];
  const given = typeof engine === 'object' && engine !== null && 'name' in engine ? engine : {};
  const { name, device, layout } = given;
  if (typeof name !== 'string' || typeof device !== 'string' || typeof layout !== 'string') {
    return fail('the parameters engine.name, engine.device and engine.layout must be texts');
  }
  return { name, device, layout };
}

function checkBatchNorm({ bn }: ExperimentConfig, model: Model): void {
  const expected = hasBatchNorm(model);
  if (bn === expected) return;
  const found = expected ? 'has batch norm' : 'has no batch norm';
  fail(`the config says bn: ${bn}, but ${model.name} ${found}: expected ${expected}`);
}

function checkCrop({ crop }: ExperimentConfig, { train }: Dataset): void {
  const [, , height, width] = train.images.shape;
  if (!crop || (holdPixels(train) && width === IMAGE_SIZE)) return;
  fail(
    `the config says crop: true, but its data are ${height}×${width} images; random crops need the ` +
      `${IMAGE_SIZE}×${IMAGE_SIZE} pixels that data_corruption_type: none keeps`,
  );
}

function checkData(config: ExperimentConfig, { info }: Dataset): void {
  const faults = [
    ['data_corruption_type', config.data_corruption_type, info.corruption],
    ['label_corruption_prob', config.label_corruption_prob, info.p],
    ['seed', config.seed, info.seed],
    ['split', config.split, info.split],
  ].filter(([, expected, found]) => expected !== found);
  if (faults.length > 0) {
    const lines = faults.map(([key, a, b]) => `  ${key}: ${a} in the config, ${b} in the data`);
    fail(`the data are not those of the config:\n${lines.join('\n')}`);
  }
}
