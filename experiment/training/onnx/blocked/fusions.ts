/** Which ReLUs become part of the operator before them, and where their gradient is masked. */

import { INPUT, inputOf, type Model } from '../../../models/model.ts';

export interface Fusions {
  /** Outputs of layers that apply the ReLU that follows them. */
  readonly rectified: ReadonlySet<string>;
  /**
   * Outputs of ReLUs that only a max-pool reads. It masks the gradient by its own output: where the
   * maximum is zero, every value under it is; where it is not, the gradient goes to a positive one.
   */
  readonly maskedByPool: ReadonlySet<string>;
}

export function findFusions({ layers }: Model): Fusions {
  const readers = new Map<string, number>([[INPUT, 0]]);
  for (const { inputs } of layers) {
    for (const input of inputs) readers.set(input, (readers.get(input) ?? 0) + 1);
  }
  const byOutput = new Map(layers.map((placed) => [placed.output, placed.layer]));
  const rectified = new Set<string>();
  const maskedByPool = new Set<string>();
  for (const placed of layers) {
    const { layer } = placed;
    if (layer.kind !== 'relu' && layer.kind !== 'maxPool') continue;
    const input = inputOf(placed);
    if (readers.get(input) !== 1) continue;
    const kind = byOutput.get(input)?.kind;
    if (layer.kind === 'maxPool' && kind === 'relu') maskedByPool.add(input);
    if (layer.kind === 'relu' && (kind === 'conv' || kind === 'batchNorm')) rectified.add(input);
  }
  return { rectified, maskedByPool };
}
