/** Which values of a model a training must send gradients to. */

import type { PlacedLayer } from './model.ts';

/** The outputs that depend on a parameter: those whose gradients are needed. */
export function trainedValues(layers: readonly PlacedLayer[]): ReadonlySet<string> {
  const trained = new Set<string>();
  for (const { inputs, output, parameters } of layers) {
    if (parameters.length > 0 || inputs.some((input) => trained.has(input))) trained.add(output);
  }
  return trained;
}
