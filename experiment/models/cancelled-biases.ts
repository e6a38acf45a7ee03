/** Biases that a batch norm takes off again. */

import type { Model } from './model.ts';

/**
 * Names of the biases of convolutions whose output a batch norm, and nothing else, reads. In training
 * it subtracts the mean, and with it any constant: their gradients are exactly zero. Computed, they
 * would be rounding noise, another one in every engine, so engines leave the computation out.
 */
export function cancelledBiases({ layers }: Model): ReadonlySet<string> {
  const cancelled = layers.flatMap(({ layer, output }) => {
    if (layer.kind !== 'conv' || !layer.bias) return [];
    const readers = layers.filter(({ inputs }) => inputs.includes(output));
    const alone =
      readers.length > 0 && readers.every((reader) => reader.layer.kind === 'batchNorm');
    return alone ? [`${layer.name}.bias`] : [];
  });
  return new Set(cancelled);
}
