/** How much memory a model's values take. */

import type { Model } from './model.ts';
import { countValues } from './shapes.ts';

const BYTES = Float32Array.BYTES_PER_ELEMENT;

/** Bytes of what all layers give for one sample, in single precision: what a training step keeps to go backward. */
export function activationBytes({ layers }: Model): number {
  return BYTES * layers.reduce((sum, { shape }) => sum + countValues(shape), 0);
}
