/**
 * A checkpoint: everything that a training needs to go on exactly as if it had never stopped, in
 * one `.safetensors` file. Tensors: weights and running statistics under their own names,
 * `velocity/<name>`, `threshold/<name>` (weights and statistics at the interpolation threshold,
 * once reached), and as bytes the lines of `metrics` and, in checkpoints that are not a stage's output, of `timing`.
 */

import { createHash } from 'node:crypto';
import type { Model } from '../models/model.ts';
import type { Parameter, Statistic } from '../models/parameters.ts';
import { formatMetrics, type MetricsLine, parseMetrics } from '../recorded/metrics.ts';
import { formatTiming, parseTiming, type TimingLine } from '../recorded/timing.ts';
import type { ModelValues, ParameterValues, TrainingState } from './engine.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafeTensor,
  type SafeTensors,
} from './safetensors.ts';
import type { Tally } from './tally.ts';

export interface Checkpoint {
  /** Epochs and steps done. */
  readonly epoch: number;
  readonly step: number;
  /** Batches since the last `step` line of the metrics. */
  readonly window: Tally;
  readonly state: TrainingState;
  /** The model at the interpolation threshold; null before it. */
  readonly threshold: ModelValues | null;
  /** All lines so far; an `end` line only where the training diverged, so that it never goes on. */
  readonly metrics: readonly MetricsLine[];
  /** Null in a stage's output, which must not hold wall-clock times. */
  readonly timing: readonly TimingLine[] | null;
}

const VELOCITY = 'velocity/';
const THRESHOLD = 'threshold/';
const METRICS = 'metrics';
const TIMING = 'timing';

/**
 * The bytes of a checkpoint's file.
 *
 * @throws RangeError where values of a parameter are missing
 */
export function encodeCheckpoint(model: Model, checkpoint: Checkpoint): Uint8Array {
  const { state, threshold, metrics, timing, epoch, step, window } = checkpoint;
  const tensors = new Map([
    ...modelTensors(model, state, ''),
    ...tensorsOf(model.parameters, state.velocities, VELOCITY),
    ...(threshold === null ? [] : modelTensors(model, threshold, THRESHOLD)),
    [METRICS, textTensor(formatMetrics(metrics))] as const,
  ]);
  if (timing !== null) {
    tensors.set(TIMING, textTensor(formatTiming(timing)));
  }
  const position = JSON.stringify({ epoch, step, window });
  const metadata = { model: model.name, position, sha256: digestOf(tensors, position) };
  return encodeSafetensors({ tensors, metadata });
}

/**
 * The bytes of a file with weights and statistics alone.
 *
 * @throws RangeError where values of a parameter are missing
 */
export function encodeWeights(
  model: Model,
  values: ModelValues,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  return encodeSafetensors({ tensors: new Map(modelTensors(model, values, '')), metadata });
}

/** Reads a checkpoint's file. Throws a RangeError where it is damaged or of another model. */
export function decodeCheckpoint(model: Model, file: Uint8Array): Checkpoint {
  const { tensors, metadata } = decodeSafetensors(file);
  const position = metadata['position'] ?? '';
  if (metadata['sha256'] !== digestOf(tensors, position)) {
    throw new RangeError('its checksum is wrong');
  }
  const { epoch, step, window }: Pick<Checkpoint, 'epoch' | 'step' | 'window'> =
    JSON.parse(position);
  const reached = [...tensors.keys()].some((name) => name.startsWith(THRESHOLD));
  return {
    epoch,
    step,
    window,
    state: {
      ...readModelValues(model, tensors, ''),
      velocities: readTensors(model.parameters, tensors, VELOCITY),
    },
    threshold: reached ? readModelValues(model, tensors, THRESHOLD) : null,
    metrics: parseMetrics(readText(tensors, METRICS)),
    timing: tensors.has(TIMING) ? parseTiming(readText(tensors, TIMING)) : null,
  };
}

/** A model's values that stand under a prefix. Throws a RangeError where one is missing. */
export function readModelValues(
  model: Model,
  tensors: SafeTensors['tensors'],
  prefix: string,
): ModelValues {
  return {
    weights: readTensors(model.parameters, tensors, prefix),
    statistics: readTensors(model.statistics, tensors, prefix),
  };
}

function readTensors(
  expected: readonly (Parameter | Statistic)[],
  tensors: SafeTensors['tensors'],
  prefix: string,
): ParameterValues {
  return new Map(
    expected.map(({ name, shape }) => {
      const tensor = tensors.get(prefix + name);
      if (!(tensor?.data instanceof Float32Array) || tensor.shape.join() !== shape.join()) {
        throw new RangeError(`it has no float32 tensor ${prefix}${name} of [${shape.join(', ')}]`);
      }
      return [name, tensor.data];
    }),
  );
}

function modelTensors(
  model: Model,
  { weights, statistics }: ModelValues,
  prefix: string,
): [string, SafeTensor][] {
  return [
    ...tensorsOf(model.parameters, weights, prefix),
    ...tensorsOf(model.statistics, statistics, prefix),
  ];
}

function tensorsOf(
  of: readonly (Parameter | Statistic)[],
  values: ParameterValues,
  prefix: string,
): [string, SafeTensor][] {
  return of.map(({ name, shape }) => {
    const data = values.get(name);
    if (data === undefined) throw new RangeError(`there are no values of ${name}`);
    return [prefix + name, { shape, data }];
  });
}

function textTensor(text: string): SafeTensor {
  const data = new TextEncoder().encode(text);
  return { shape: [data.length], data };
}

function readText(tensors: SafeTensors['tensors'], name: string): string {
  return new TextDecoder().decode(tensors.get(name)?.data);
}

/** SHA-256 of the names and bytes of all tensors and of the position. */
function digestOf(tensors: SafeTensors['tensors'], position: string): string {
  const hash = createHash('sha256').update(position);
  for (const name of [...tensors.keys()].sort()) {
    const data = tensors.get(name)?.data;
    if (data === undefined) continue;
    hash.update(`\0${name}\0`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
