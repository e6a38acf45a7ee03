/** Proves that an installed tfjs-node computes: one training step, compared with plain loops. */

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { prepareForTfjsNode } from '../../experiment/training/tfjs/node-shims.ts';
import { networkLoss, numericGradient, SIZES, startingNetwork } from './small-network.ts';

/** What the package that passed is made of. */
export interface TrainingProof {
  /** Version of the TensorFlow library. */
  readonly tensorflow: string;
  /** Whether it computes on a GPU. */
  readonly gpu: boolean;
}

const LEARNING_RATE = 0.1;
/** Float32 against float64: an error of rounding is a hundred times smaller, a wrong kernel's larger. */
const TOLERANCE = 1e-4;

interface Tensor {
  readonly name: string;
  add(other: Tensor): Tensor;
  relu(): Tensor;
  reshape(shape: readonly number[]): Tensor;
  matMul(other: Tensor): Tensor;
  dataSync(): Float32Array;
}

/** The part of TensorFlow.js that the proof uses. */
interface TensorFlowJs {
  getBackend(): string;
  backend(): {
    readonly binding: { readonly TF_Version: string };
    readonly isUsingGpuDevice: boolean;
  };
  tensor(values: readonly number[], shape: readonly number[]): Tensor;
  variable(initial: Tensor): Tensor;
  conv2d(images: Tensor, filter: Tensor, stride: number, pad: 'valid'): Tensor;
  variableGrads(loss: () => Tensor): {
    readonly value: Tensor;
    readonly grads: Readonly<Record<string, Tensor>>;
  };
  readonly losses: { softmaxCrossEntropy(labels: Tensor, logits: Tensor): Tensor };
  readonly train: {
    sgd(learningRate: number): { applyGradients(grads: Readonly<Record<string, Tensor>>): void };
  };
}

/**
 * Loads the package in `folder` and trains a convolution and a dense layer for one step. Loss, every
 * gradient and every new weight must be what loops and differences give, and the loss must fall.
 *
 * @throws where the package does not load or computes anything else
 */
export function proveTraining(folder: string): TrainingProof {
  prepareForTfjsNode();
  // Else a GPU multiplies with 10 bits of mantissa.
  process.env['NVIDIA_TF32_OVERRIDE'] ??= '0';
  const load = createRequire(join(folder, 'package.json'));
  const tf = load(folder) as TensorFlowJs;
  if (tf.getBackend() !== 'tensorflow') {
    throw new Error(`it computes with "${tf.getBackend()}" instead of TensorFlow`);
  }
  const start = startingNetwork();
  const expected = numericGradient(start);
  const { batch, classes, outputs, filterShape, weightShape } = SIZES;
  const images = tf.tensor(start.images, [batch, SIZES.side, SIZES.side, 1]);
  const labels = tf.tensor(start.labels, [batch, classes]);
  const variables = {
    filter: tf.variable(tf.tensor(start.filter, filterShape)),
    filterBias: tf.variable(tf.tensor(start.filterBias, [SIZES.filters])),
    weights: tf.variable(tf.tensor(start.weights, weightShape)),
    bias: tf.variable(tf.tensor(start.bias, [classes])),
  };
  const loss = () => {
    const map = tf.conv2d(images, variables.filter, 1, 'valid').add(variables.filterBias).relu();
    const logits = map.reshape([batch, outputs]).matMul(variables.weights).add(variables.bias);
    return tf.losses.softmaxCrossEntropy(labels, logits);
  };
  const { value, grads } = tf.variableGrads(loss);
  const first = value.dataSync()[0] ?? Number.NaN;
  compare('loss', [first], [networkLoss(start)]);
  tf.train.sgd(LEARNING_RATE).applyGradients(grads);
  for (const [name, variable] of Object.entries(variables)) {
    const key = name as keyof typeof variables;
    const gradient = expected[key];
    compare(`gradient of ${name}`, grads[variable.name]?.dataSync() ?? [], gradient);
    const stepped = start[key].map((weight, at) => weight - LEARNING_RATE * (gradient[at] ?? 0));
    compare(`new ${name}`, variable.dataSync(), stepped);
  }
  const second = loss().dataSync()[0] ?? Number.NaN;
  if (!(second < first)) throw new Error(`the loss went from ${first} to ${second} in a step`);
  const { binding, isUsingGpuDevice } = tf.backend();
  return { tensorflow: binding.TF_Version, gpu: isUsingGpuDevice };
}

function compare(what: string, found: ArrayLike<number>, expected: readonly number[]): void {
  for (const [at, value] of expected.entries()) {
    const other = found[at] ?? Number.NaN;
    if (Math.abs(other - value) <= TOLERANCE * (1 + Math.abs(value))) continue;
    throw new Error(`its ${what} [${at}] is ${other} instead of ${value}`);
  }
}
