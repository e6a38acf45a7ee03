/** Runs a model's layers forward and backward. */

import type { Tensor } from '@tensorflow/tfjs-core';
import { cancelledBiases } from '../../models/cancelled-biases.ts';
import { INPUT, layerName, type Model, type PlacedLayer } from '../../models/model.ts';
import { trainedValues } from '../../models/trained-values.ts';
import type { LayerPass, TensorGradients, TensorPass } from './layers/layer-pass.ts';
import { runLayer } from './layers/run-layer.ts';
import type { TensorFlow } from './load.ts';

/** A model that has been run forward, with what its gradients need. */
export interface RunModel {
  /** [batch, classes] */
  readonly logits: Tensor;
  /** The running statistics after this batch, by name; in evaluation there are none. */
  readonly nextStatistics: readonly (readonly [name: string, value: Tensor])[];
  /** In the order of the model. */
  readonly layers: readonly (readonly [PlacedLayer, LayerPass])[];
}

/**
 * Runs all layers in their order on images that lie as the pass says.
 *
 * @throws Error for a model whose layers are out of order
 */
export function runForward(
  model: Model,
  images: Tensor,
  options: Omit<TensorPass, 'cancelled'>,
): RunModel {
  const pass = { ...options, cancelled: cancelledBiases(model) };
  const values = new Map([[INPUT, images]]);
  const layers = model.layers.map((placed) => {
    const inputs = placed.inputs.map((name) => lookUp(values, name));
    const layer = runLayer(pass, placed, inputs);
    values.set(placed.output, layer.output);
    return [placed, layer] as const;
  });
  return {
    logits: lookUp(values, model.layers.at(-1)?.output ?? INPUT),
    nextStatistics: layers.flatMap(([, { nextStatistics = [] }]) => nextStatistics),
    layers,
  };
}

/**
 * Computes the gradients of all parameters, by name, from that of the loss for the logits; a value
 * that several layers read gets the sum of what each of them says. Disposes of everything that the
 * forward pass kept, and of `logitsGradient`, as soon as it is no longer needed.
 *
 * @throws Error for a model whose layers are out of order
 */
export function runBackward(
  tf: TensorFlow,
  { layers }: RunModel,
  logitsGradient: Tensor,
): ReadonlyMap<string, Tensor> {
  const trained = trainedValues(layers.map(([placed]) => placed));
  const gradients = new Map([[layers.at(-1)?.[0].output ?? INPUT, logitsGradient]]);
  const found = new Map<string, Tensor>();
  for (const [placed, layer] of layers.toReversed()) {
    if (trained.has(placed.output)) {
      const inputsWanted = placed.inputs.some((input) => trained.has(input));
      const gradient = lookUp(gradients, placed.output);
      const { inputs, parameters } = tf.tidy(() => ({
        ...layer.gradients(gradient, inputsWanted),
      })) as TensorGradients;
      gradient.dispose();
      for (const [name, value] of Object.entries(parameters)) found.set(name, value);
      for (const [index, value] of inputs.entries()) {
        addGradient(tf, gradients, placed.inputs[index] ?? INPUT, value);
      }
    }
    // What reads the output came before in this order.
    layer.output.dispose();
    for (const kept of layer.saved ?? []) kept.dispose();
  }
  return found;
}

/** The name of the first layer of which some output is not finite; null where all are. */
export function findNonFinite(tf: TensorFlow, { layers }: RunModel): string | null {
  const failed = layers.find(([, { output }]) => {
    // Zero, or NaN where a value is not finite.
    const sum = tf.tidy(() => tf.sum(tf.mul(output, 0)));
    return Number.isNaN(sum.dataSync()[0]);
  });
  return failed === undefined ? null : layerName(failed[0]);
}

function addGradient(
  tf: TensorFlow,
  gradients: Map<string, Tensor>,
  name: string,
  value: Tensor,
): void {
  const known = gradients.get(name);
  if (known === undefined) {
    gradients.set(name, value);
    return;
  }
  gradients.set(name, tf.add(known, value));
  known.dispose();
  value.dispose();
}

function lookUp(values: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const value = values.get(name);
  if (value === undefined) throw new Error(`nothing holds the value ${name} yet`);
  return value;
}
