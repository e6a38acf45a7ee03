/**
 * The stage `theorem1`: constructs the network of the paper's Theorem 1 for growing numbers of
 * images with random labels, and measures how well it fits them, all in float64.
 */

import { writeFile } from 'node:fs/promises';
import type { StageContext } from 'rederive/contract';
import { readDataset } from '../../experiment/data/dataset.ts';
import { fail } from '../../experiment/data/failure.ts';
import {
  cropImages,
  holdPixels,
  IMAGE_SIZE,
  type LabeledImages,
} from '../../experiment/data/images.ts';
import { openStream } from '../../experiment/data/random.ts';
import type { Fit } from '../../experiment/recorded/fit.ts';
import {
  countWeights,
  drawDirection,
  evaluateTwoLayerNetwork,
  fitTwoLayerNetwork,
} from './two-layer-network.ts';

/** Numbers of points grow by about 3, and end with all there are. */
const FIRST_SIZES = [10, 30, 100, 300, 1000, 3000, 10_000, 30_000];

/**
 * Runs the stage. Reads input `data`, writes output `fits`: a JSON line for each number of points.
 *
 * @throws StageFailure where parameters, inputs or outputs are not as the stage needs them
 */
export async function run(context: StageContext): Promise<void> {
  const seed = context.params['seed'];
  if (typeof seed !== 'number') return fail(`${context.node}: expected the parameter 'seed'`);
  const folder = context.inputs['data']?.[0]?.path ?? fail('the input data is missing');
  const { info, train } = await readDataset(folder);
  const points = readPoints(train);
  const direction = drawDirection(points.dimensions, openStream(seed, 'expressivity'));
  const { projections, labels } = projectDistinct(points, train.labels, direction);
  const count = projections.length;
  const sizes = [...FIRST_SIZES.filter((size) => size < count), count];
  const lines = sizes.map((n, done): Fit => {
    const z = projections.subarray(0, n);
    const targets = labels.subarray(0, n);
    const network = fitTwoLayerNetwork(direction, z, targets);
    const outputs = Float64Array.from(z, (at) => evaluateTwoLayerNetwork(network, at));
    const errors = outputs.map((output, i) => Math.abs(output - (targets[i] as number)));
    context.emit({ type: 'fraction', value: (done + 1) / sizes.length });
    return {
      dataset: info.name,
      synthetic: info.synthetic,
      p: info.p,
      seed,
      points: n,
      dimensions: points.dimensions,
      weights: countWeights(network),
      max_error: errors.reduce((a, b) => Math.max(a, b), 0),
      fitted: outputs.filter((output, i) => Math.round(output) === targets[i]).length / n,
    };
  });
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  await writeFile(context.outputs['fits'] ?? fail('the output fits is missing'), text);
  const { max_error: largest, fitted } = lines.at(-1) ?? fail('there are no images');
  context.emit({ type: 'summary', values: { points: count, max_error: largest, fitted } });
}

/** The points of a data set, [N, d], in units of pixel/255 once they are multiplied by `scale`. */
interface Points {
  readonly dimensions: number;
  readonly values: Uint8Array | Float32Array;
  readonly scale: number;
}

/** Takes the crops that the models see. */
function readPoints(train: LabeledImages): Points {
  const images =
    holdPixels(train) && train.images.shape[2] === IMAGE_SIZE
      ? cropImages(train.images)
      : train.images;
  const dimensions = images.data.length / train.count;
  return { dimensions, values: images.data, scale: holdPixels(train) ? 1 / 255 : 1 };
}

/** Projects the points, and leaves out any that coincides with an earlier one. */
function projectDistinct(
  { dimensions, values, scale }: Points,
  labels: Uint8Array,
  direction: Float64Array,
): { readonly projections: Float64Array; readonly labels: Uint8Array } {
  const distinct = new Map<number, number>();
  for (let i = 0; i < labels.length; i += 1) {
    let z = 0;
    const start = i * dimensions;
    for (let k = 0; k < dimensions; k += 1) {
      z += (direction[k] as number) * (values[start + k] as number) * scale;
    }
    if (!distinct.has(z)) distinct.set(z, labels[i] as number);
  }
  return {
    projections: Float64Array.from(distinct.keys()),
    labels: Uint8Array.from(distinct.values()),
  };
}
