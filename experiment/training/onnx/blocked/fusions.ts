/** Which ReLUs become part of the operator before them, and where their gradient is masked. */

import type { BatchNorm, MaxPool } from '../../../models/layers.ts';
import { INPUT, inputOf, type Model, type Placed } from '../../../models/model.ts';

export interface Fusions {
  /** Outputs of layers that apply the ReLU that follows them. */
  readonly rectified: ReadonlySet<string>;
  /**
   * Outputs of ReLUs that only a max-pool reads. It masks the gradient by its own output: where the
   * maximum is zero, every value under it is; where it is not, the gradient goes to a positive one.
   */
  readonly maskedByPool: ReadonlySet<string>;
  /** Values all of which come from ReLUs, pooled or joined since or not: zeros get no gradient. */
  readonly nonNegative: ReadonlySet<string>;
  /** By output of a convolution of which only a max-pool reads, with or without a ReLU: that pool. */
  readonly pools: ReadonlyMap<string, MaxPool>;
  /** By output of a convolution that only a batch norm reads: that norm in its place. */
  readonly norms: ReadonlyMap<string, Placed<BatchNorm>>;
}

export function findFusions({ layers }: Model): Fusions {
  const readers = new Map<string, number>([[INPUT, 0]]);
  for (const { inputs } of layers) {
    for (const input of inputs) readers.set(input, (readers.get(input) ?? 0) + 1);
  }
  const byOutput = new Map(layers.map((placed) => [placed.output, placed]));
  const rectified = new Set<string>();
  const maskedByPool = new Set<string>();
  const nonNegative = new Set<string>();
  const pools = new Map<string, MaxPool>();
  const norms = new Map<string, Placed<BatchNorm>>();
  for (const placed of layers) {
    const { layer, inputs, output } = placed;
    const isKept = layer.kind === 'maxPool' || layer.kind === 'concat';
    if (layer.kind === 'relu' || (isKept && inputs.every((each) => nonNegative.has(each)))) {
      nonNegative.add(output);
    }
    if (layer.kind !== 'relu' && layer.kind !== 'maxPool' && layer.kind !== 'batchNorm') continue;
    const input = inputOf(placed);
    if (readers.get(input) !== 1) continue;
    const maker = byOutput.get(input);
    const kind = maker?.layer.kind;
    if (layer.kind === 'batchNorm') {
      if (kind === 'conv') norms.set(input, { ...placed, layer });
      continue;
    }
    if (layer.kind === 'relu') {
      if (kind === 'conv' || kind === 'batchNorm') rectified.add(input);
      continue;
    }
    if (kind === 'relu') maskedByPool.add(input);
    if (kind === 'conv') pools.set(input, layer);
    // A ReLU that its convolution applies.
    const [made = INPUT] = kind === 'relu' ? (maker?.inputs ?? []) : [];
    if (rectified.has(made) && byOutput.get(made)?.layer.kind === 'conv') pools.set(made, layer);
  }
  return { rectified, maskedByPool, nonNegative, pools, norms };
}
