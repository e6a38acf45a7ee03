/**
 * SGD on flatten, dense and ReLU layers in plain loops and double precision, written without
 * looking at the engines: what they are compared with.
 */

import type { Model } from '../../../stages/models/model.ts';
import type { Batch, SgdOptions } from '../../../stages/training/engine.ts';

/** Double-precision values by parameter. */
export type Doubles = Map<string, Float64Array>;

export function toDoubles(values: ReadonlyMap<string, Float32Array>): Doubles {
  return new Map([...values].map(([name, data]) => [name, Float64Array.from(data)]));
}

export interface Pass {
  /** Mean cross-entropy of the batch. */
  readonly loss: number;
  readonly correct: number;
  /** [sample][class] */
  readonly logits: number[][];
  readonly gradients: Doubles;
}

/** Runs a batch forward and backward. */
export function pass(model: Model, weights: Doubles, batch: Batch): Pass {
  const samples = batch.labels.length;
  const features = batch.images.length / samples;
  const gradients: Doubles = new Map(
    [...weights].map(([name, values]) => [name, new Float64Array(values.length)]),
  );
  const logits: number[][] = [];
  let loss = 0;
  let correct = 0;
  for (let sample = 0; sample < samples; sample += 1) {
    const image = batch.images.subarray(sample * features, (sample + 1) * features);
    const activations = [Array.from(image)];
    for (const { layer } of model.layers) {
      const input = activations.at(-1) as number[];
      if (layer.kind === 'flatten') activations.push(input);
      if (layer.kind === 'relu') activations.push(input.map((x) => Math.max(x, 0)));
      if (layer.kind === 'dense') {
        const weight = weights.get(`${layer.name}.weight`) as Float64Array;
        const bias = weights.get(`${layer.name}.bias`) as Float64Array;
        const output: number[] = [];
        for (let unit = 0; unit < layer.units; unit += 1) {
          let sum = bias[unit] as number;
          for (let i = 0; i < input.length; i += 1) {
            sum += (weight[unit * input.length + i] as number) * (input[i] as number);
          }
          output.push(sum);
        }
        activations.push(output);
      }
    }
    const scores = activations.at(-1) as number[];
    logits.push(scores);
    const label = batch.labels[sample] as number;
    const largest = Math.max(...scores);
    if (scores.indexOf(largest) === label) correct += 1;
    const total = scores.reduce((sum, score) => sum + Math.exp(score - largest), 0);
    loss += Math.log(total) + largest - (scores[label] as number);
    let gradient = scores.map(
      (score, k) => (Math.exp(score - largest) / total - (k === label ? 1 : 0)) / samples,
    );
    for (let place = model.layers.length - 1; place >= 0; place -= 1) {
      const layer = model.layers[place]?.layer;
      const input = activations[place] as number[];
      if (layer?.kind === 'relu') {
        gradient = gradient.map((g, i) => ((input[i] as number) > 0 ? g : 0));
      }
      if (layer?.kind === 'dense') {
        const weight = weights.get(`${layer.name}.weight`) as Float64Array;
        const weightGradient = gradients.get(`${layer.name}.weight`) as Float64Array;
        const biasGradient = gradients.get(`${layer.name}.bias`) as Float64Array;
        const back = new Array<number>(input.length).fill(0);
        for (let unit = 0; unit < layer.units; unit += 1) {
          const g = gradient[unit] as number;
          biasGradient[unit] = (biasGradient[unit] as number) + g;
          for (let i = 0; i < input.length; i += 1) {
            const at = unit * input.length + i;
            weightGradient[at] = (weightGradient[at] as number) + g * (input[i] as number);
            back[i] = (back[i] as number) + g * (weight[at] as number);
          }
        }
        gradient = back;
      }
    }
  }
  return { loss: loss / samples, correct, logits, gradients };
}

/** Makes one step in place: v ← momentum·v + g + λw, w ← w − lr·v. Returns the loss before it. */
export function step(
  model: Model,
  state: { readonly weights: Doubles; readonly velocities: Doubles },
  batch: Batch,
  sgd: SgdOptions,
  learningRate: number,
): number {
  const { loss, gradients } = pass(model, state.weights, batch);
  for (const [name, gradient] of gradients) {
    const weight = state.weights.get(name) as Float64Array;
    const velocity = state.velocities.get(name) as Float64Array;
    for (let i = 0; i < gradient.length; i += 1) {
      const w = weight[i] as number;
      velocity[i] =
        sgd.momentum * (velocity[i] as number) + (gradient[i] as number) + sgd.weightDecay * w;
      weight[i] = w - learningRate * (velocity[i] as number);
    }
  }
  return loss;
}

/** ‖a − b‖ / ‖b‖ */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < b.length; i += 1) {
    difference += ((a[i] as number) - (b[i] as number)) ** 2;
    size += (b[i] as number) ** 2;
  }
  return Math.sqrt(difference) / Math.max(Math.sqrt(size), 1e-12);
}
