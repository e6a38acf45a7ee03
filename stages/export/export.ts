/**
 * The stage `export`: writes the model at the interpolation threshold as `.onnx`. It is no part of
 * the stage `train`, so that an edit of how models are exported trains none again, and it reads
 * weights only, so that it does not matter which engine has trained them.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StageContext } from 'rederive/contract';
import { type DatasetInfo, validateDatasetInfo } from '../../experiment/data/dataset-info.ts';
import { fail } from '../../experiment/data/failure.ts';
import { readJson } from '../../experiment/data/json.ts';
import type { Model } from '../../experiment/models/model.ts';
import { type ExperimentConfig, parseConfig } from '../../experiment/recorded/config.ts';
import { type MetricsLine, parseMetrics } from '../../experiment/recorded/metrics.ts';
import { readModel } from '../../experiment/training/experiment.ts';
import { inputPath, outputPath } from '../../experiment/training/job-files.ts';
import { exportModel } from '../../experiment/training/onnx/export.ts';
import { readWeights } from '../../experiment/training/read-weights.ts';

/**
 * Runs the stage. Reads the parameter `config` and the inputs `architecture`, `data`,
 * `metrics` and `threshold`;
 * writes the output `model`: the weights whose test error the stage `evaluate` measures, those at
 * the interpolation threshold, or at the end where it was never reached.
 *
 * @throws StageFailure where the training is not whole, or its weights cannot be read
 */
export async function run(context: StageContext): Promise<void> {
  const config = parseConfig(context.params['config']);
  const model = await readModel(context, config);
  const info = await readJson(
    join(inputPath(context, 'data'), 'dataset.json'),
    validateDatasetInfo,
  );
  const values = await readWeights(inputPath(context, 'threshold'), model);
  const metrics = parseMetrics(await readFile(inputPath(context, 'metrics'), 'utf8'));
  const place = findPlace(metrics);
  const experiment = context.node.slice(context.node.indexOf('/') + 1);
  const file = exportModel(
    { model, values, normalisation: info },
    {
      text: describe(experiment, model, info, place),
      metadata: collectMetadata(experiment, model, { config, info, place }),
    },
  );
  await writeFile(outputPath(context, 'model'), file);
  const { epoch, reached } = place;
  context.emit({ type: 'summary', values: { epoch, reached, bytes: file.length } });
}

/** Where the training stood when the weights were taken. */
interface Place {
  readonly epoch: number;
  readonly step: number;
  readonly reached: boolean;
  readonly diverged: boolean;
}

function findPlace(metrics: readonly MetricsLine[]): Place {
  const threshold = metrics.find((line) => line.kind === 'threshold');
  const end = metrics.at(-1);
  if (end?.kind !== 'end') return fail('the metrics do not end with an "end" line: train again');
  const { epoch, step } = threshold ?? end;
  const reached = threshold !== undefined;
  return { epoch, step, reached, diverged: !reached && end.reason === 'diverged' };
}

function describe(experiment: string, model: Model, info: DatasetInfo, place: Place): string {
  const { name, corruption, p } = info;
  return (
    `${experiment}: ${model.name} trained on ${name} with ` +
    `corruption ${corruption} and label noise ${p}, ${describePlace(place)}. ` +
    'Input "images": float32 [N, 3, 28, 28], planes red, green and blue, the central crop of the ' +
    '32×32 image, pixel values divided by 255; the model normalises them itself. ' +
    'Output "logits": float32 [N, 10], one for each of the classes in the metadata.'
  );
}

function describePlace({ epoch, reached, diverged }: Place): string {
  if (reached) return `at the interpolation threshold, after epoch ${epoch}`;
  if (diverged) return `as it diverged in epoch ${epoch}`;
  return `after epoch ${epoch}, its last, without having reached the interpolation threshold`;
}

/** Texts, because ONNX's metadata holds nothing else; lists are JSON. */
function collectMetadata(
  experiment: string,
  model: Model,
  from: { readonly config: ExperimentConfig; readonly info: DatasetInfo; readonly place: Place },
): Readonly<Record<string, string>> {
  const { config, info, place } = from;
  const entries = {
    experiment,
    model: model.name,
    width: config.width,
    seed: config.seed,
    epoch: place.epoch,
    step: place.step,
    reached_threshold: place.reached,
    diverged: place.diverged,
    dataset: info.name,
    synthetic: info.synthetic,
    split: info.split,
    corruption: info.corruption,
    p: info.p,
    classes: info.classes,
    mean: info.mean,
    deviation: info.deviation,
  };
  return Object.fromEntries(
    Object.entries(entries).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}
