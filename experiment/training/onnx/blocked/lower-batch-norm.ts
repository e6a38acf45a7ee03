/** Lowers batch norm in the blocked layout: by the batch in training, else by what was kept. */

import { type BatchNorm, STATISTICS_MOMENTUM } from '../../../models/layers.ts';
import { inputOf, type Placed } from '../../../models/model.ts';
import { countValues } from '../../../models/shapes.ts';
import type { NamedValue } from '../layout.ts';
import { lookUp } from '../layout.ts';
import {
  type BatchStatistics,
  batchStatistics,
  inverseDeviation,
  normalize,
  normalizeGradients,
} from './batch-norm.ts';
import type { Blocks } from './blocks.ts';
import { isFolded } from './convolution-weights.ts';
import type { BlockedPass, LoweredBlockedLayer } from './lowered-layer.ts';
import {
  type BlockedValue,
  inBlocks,
  type MapPart,
  mapParts,
  maps,
  mapsOf,
  partAt,
} from './values.ts';

/** Of maps with fewer values, the pass that is spared takes no longer than those over the filter. */
const LEAST_SCALED_APART = 2 ** 21;

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
  if (pass.mode === 'evaluation') {
    return {
      output: lowerEvaluation(pass, placed, input),
      lowerGradients: () => {
        throw new Error(`${placed.layer.name} was lowered for evaluation: it has no gradients`);
      },
    };
  }
  const { blocks, weights, fusions } = pass;
  const { name, eps } = placed.layer;
  const relu = fusions.rectified.has(placed.output);
  const parts = inBlocks(blocks, input);
  const isScaledApart = isWorthScalingApart(pass, placed, parts);
  const scales = splitVector(blocks, lookUp(weights, `${name}.weight`), parts);
  const shifts = splitVector(blocks, lookUp(weights, `${name}.bias`), parts);
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
    lowerGradients: (gradient, { passBack }) => {
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
      passBack(0, (known) => {
        if (isScaledApart) {
          return maps(
            parts.map(({ channels }, index) => ({
              channels,
              ...at(found, index).gradients.lowerScaledInput(),
            })),
          );
        }
        return mapParts(parts, (_, index) => {
          const sum = known === undefined ? undefined : partAt(mapsOf(known), index).activation;
          return at(found, index).gradients.lowerInput(sum);
        });
      });
      const join = (vectors: readonly string[]) => joinVectors(blocks, vectors);
      const scaleGradient = join(found.map(({ gradients }) => gradients.scale));
      const shiftGradient = join(found.map(({ gradients }) => gradients.shift));
      return [
        [`${name}.weight`, scaleGradient],
        [`${name}.bias`, shiftGradient],
      ];
    },
  };
}

/**
 * Whether the scale of the gradient is left to the convolution before: it spares a pass over the maps,
 * and costs two over the filter, in two operators more for each part of the convolution's input. InceptionSmall's large maps gain 1 % of a
 * step by it; WideResNet's, of a million values and less, lost 1 %.
 */
function isWorthScalingApart(
  { model, fusions }: BlockedPass,
  placed: Placed<BatchNorm>,
  parts: readonly MapPart[],
): boolean {
  const input = inputOf(placed);
  if (!fusions.norms.has(input)) return false;
  const weights = model.layers.find(({ output }) => output === input)?.parameters[0];
  const { batch, channels, height, width } = partAt(parts, 0).activation;
  const values = batch * channels * height * width;
  return values >= LEAST_SCALED_APART && values >= 8 * countValues(weights?.shape ?? []);
}

/** Normalises by the running statistics, unless the convolution before has done so. */
function lowerEvaluation(
  pass: BlockedPass,
  placed: Placed<BatchNorm>,
  input: BlockedValue,
): BlockedValue {
  if (isFolded(pass, inputOf(placed))) return input;
  const { blocks, weights, statistics, fusions } = pass;
  const { name, eps } = placed.layer;
  const relu = fusions.rectified.has(placed.output);
  const parts = inBlocks(blocks, input);
  const read = (values: ReadonlyMap<string, string>, kind: string) =>
    splitVector(blocks, lookUp(values, `${name}.${kind}`), parts);
  const [scales, shifts] = [read(weights, 'weight'), read(weights, 'bias')];
  const means = read(statistics, 'running_mean');
  const variances = read(statistics, 'running_var');
  return mapParts(parts, (activation, index) =>
    normalize(
      blocks,
      activation,
      {
        mean: at(means, index),
        inverseDeviation: inverseDeviation(blocks, at(variances, index), eps),
      },
      { scale: at(scales, index), shift: at(shifts, index), relu },
    ),
  );
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
