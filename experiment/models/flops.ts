/** Counts floating-point operations; a multiplication with an addition counts as two. */

import type { Layer } from './layers.ts';
import type { Model, PlacedLayer } from './model.ts';
import { countValues, mapOf, type Shape } from './shapes.ts';

/** Operations of a layer, forward, on one sample. */
export function flopsOf(layer: Layer, inputs: readonly Shape[], output: Shape): number {
  const [input = []] = inputs;
  const values = countValues(output);
  switch (layer.kind) {
    case 'flatten':
    case 'concat':
      return 0;
    case 'relu':
      return values;
    case 'add':
      return values * (inputs.length - 1);
    case 'dense':
      return values * (2 * countValues(input) + 1);
    case 'conv':
      return values * (2 * mapOf(layer, input)[0] * layer.kernel ** 2 + (layer.bias ? 1 : 0));
    case 'batchNorm':
      return values * 2;
    case 'maxPool':
      return values * layer.kernel ** 2;
    case 'localResponseNorm':
      // A square, a window's sum, a product and a sum, a power, a division.
      return values * (layer.size + 5);
    case 'globalAveragePool':
      return countValues(input);
  }
}

/**
 * Operations of a training step on one sample: forward, and as many again for the gradient of each
 * layer's parameters and of its input, where it has parameters and where its input is trained.
 */
export function trainingFlops({ layers }: Model): number {
  const trained = new Set<string>();
  const reads = ({ inputs }: PlacedLayer): boolean => inputs.some((input) => trained.has(input));
  let total = 0;
  for (const layer of layers) {
    const hasParameters = layer.parameters.length > 0;
    const passes = 1 + (hasParameters ? 1 : 0) + (reads(layer) ? 1 : 0);
    if (hasParameters || reads(layer)) trained.add(layer.output);
    total += passes * layer.flops;
  }
  return total;
}
