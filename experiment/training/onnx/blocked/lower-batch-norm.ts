/** Lowers batch norm in the blocked layout: by the batch in training, else by what was kept. */

import { type BatchNorm, STATISTICS_MOMENTUM } from '../../../models/layers.ts';
import type { Placed } from '../../../models/model.ts';
import type { NamedValue } from '../layout.ts';
import { lookUp } from '../layout.ts';
import { addTo } from '../plain/lowered-layer.ts';
import {
  type BatchStatistics,
  batchStatistics,
  inverseDeviation,
  normalize,
  normalizeGradients,
} from './batch-norm.ts';
import type { Blocks } from './blocks.ts';
import type { BlockedPass, LoweredBlockedLayer } from './lowered-layer.ts';
import { type BlockedValue, inBlocks, type MapPart, mapParts, mapsOf, partAt } from './values.ts';

/**
 * Lowers a batch norm, with the ReLU that follows it where it is fused.
 *
 * @throws nothing itself; its gradients throw Error where it was lowered for evaluation
 */
export function lowerBatchNorm(
  pass: BlockedPass,
  placed: Placed<BatchNorm>,
  input: BlockedValue,
): LoweredBlockedLayer {
  const { blocks, weights, statistics, mode, fusions } = pass;
  const { layer, output: outputName } = placed;
  const { name, eps } = layer;
  const relu = fusions.rectified.has(outputName);
  const parts = inBlocks(blocks, input);
  const read = (values: ReadonlyMap<string, string>, kind: string) =>
    splitVector(blocks, lookUp(values, `${name}.${kind}`), parts);
  const scales = read(weights, 'weight');
  const shifts = read(weights, 'bias');
  if (mode === 'evaluation') {
    const means = read(statistics, 'running_mean');
    const deviations = read(statistics, 'running_var').map((variance) =>
      inverseDeviation(blocks, variance, eps),
    );
    const output = mapParts(parts, (activation, index) =>
      normalize(
        blocks,
        activation,
        { mean: at(means, index), inverseDeviation: at(deviations, index) },
        { scale: at(scales, index), shift: at(shifts, index), relu },
      ),
    );
    return {
      output,
      lowerGradients: () => {
        throw new Error(`${name} was lowered for evaluation: it has no gradients`);
      },
    };
  }
  const batch = parts.map(({ activation }) => batchStatistics(blocks, activation, eps));
  const output = mapParts(parts, (activation, index) => {
    const scale = at(scales, index);
    return normalize(blocks, activation, at(batch, index), {
      scale,
      shift: at(shifts, index),
      relu,
    });
  });
  return {
    output,
    nextStatistics: nextStatistics(pass, placed, parts, batch),
    lowerGradients: (gradient, { addendOf, passBack }) => {
      const found = parts.map(({ activation }, index) => ({
        x: activation,
        gradients: normalizeGradients(
          blocks,
          activation,
          partAt(mapsOf(gradient), index).activation,
          at(batch, index),
          at(scales, index),
        ),
      }));
      passBack(0, (known) =>
        mapParts(parts, (_, index) => {
          const sum = known === undefined ? undefined : partAt(mapsOf(known), index).activation;
          return at(found, index).gradients.lowerInput(sum);
        }),
      );
      const join = (vectors: readonly string[]) => joinVectors(blocks, vectors);
      const scaleGradient = join(found.map(({ gradients }) => gradients.scale));
      const shiftGradient = join(found.map(({ gradients }) => gradients.shift));
      const { graph } = blocks;
      return [
        [`${name}.weight`, addTo(graph, addendOf(`${name}.weight`), scaleGradient)],
        [`${name}.bias`, addTo(graph, addendOf(`${name}.bias`), shiftGradient)],
      ];
    },
  };
}

/** 0.9 of the running statistics and 0.1 of the batch's, of which the variance becomes unbiased. */
function nextStatistics(
  { blocks, statistics }: BlockedPass,
  { layer: { name } }: Placed<BatchNorm>,
  parts: readonly MapPart[],
  batch: readonly BatchStatistics[],
): readonly NamedValue[] {
  const { graph } = blocks;
  const next = (kind: string, vectors: readonly string[], factor: number): NamedValue => {
    const kept = graph.floats([1 - STATISTICS_MOMENTUM], []);
    const added = graph.floats([STATISTICS_MOMENTUM * factor], []);
    const old = graph.node('Mul', [lookUp(statistics, `${name}.${kind}`), kept]);
    const fresh = graph.node('Mul', [joinVectors(blocks, vectors), added]);
    return [`${name}.${kind}`, graph.node('Add', [old, fresh])];
  };
  const { activation } = partAt(parts, 0);
  const count = activation.batch * activation.height * activation.width;
  return [
    next(
      'running_mean',
      batch.map(({ mean }) => mean),
      1,
    ),
    // Of a single value, which has no unbiased variance, the biased one.
    next(
      'running_var',
      batch.map(({ variance }) => variance),
      count / Math.max(1, count - 1),
    ),
  ];
}

/** The channels of each part, of a vector over all of them. */
function splitVector(
  { graph }: Blocks,
  vector: string,
  parts: readonly MapPart[],
): readonly string[] {
  if (parts.length === 1) return [vector];
  const sizes = graph.int64s(parts.map(({ activation }) => activation.channels));
  return graph.nodes('Split', [vector, sizes], parts.length, { axis: { int: 0 } });
}

function joinVectors({ graph }: Blocks, vectors: readonly string[]): string {
  const [first = ''] = vectors;
  return vectors.length === 1 ? first : graph.node('Concat', vectors, { axis: { int: 0 } });
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new RangeError(`there is no part ${index} of ${values.length}`);
  return value;
}
