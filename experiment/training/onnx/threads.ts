/** How many threads give the same bits as one. */

import type { Conv } from '../../models/layers.ts';
import { inputShapeOf, type Model } from '../../models/model.ts';
import { featuresOf, mapOf, type Shape } from '../../models/shapes.ts';
import { findTurnedValues } from './turned-values.ts';

/** An inner dimension up to this is summed in one piece, however the columns are divided. */
export const ONE_PIECE = 128;
/** With one row a thread, a product is summed by another routine than with more. */
const STABLE_ROWS = 2;
/** Multiplications for which onnxruntime takes one more thread. */
const WORK_OF_THREAD = 65_536;

const ANY = Number.POSITIVE_INFINITY;

/**
 * The greatest number of threads for which every operator of a step in the plain layout on a batch of this size has the
 * bits that one thread gives. Operators other than products give each output to one thread whole.
 *
 * Products (onnxruntime's `MlasGemmBatch`): with more columns than rows, the columns are divided
 * among the threads in blocks of 16; else the rows are. `MlasSgemmOperation` sums the inner
 * dimension in pieces of 128, but of 256 and more where a thread has 64 columns or fewer, and by a
 * routine of its own where it has a single row; where it reads the first matrix transposed it does
 * neither.
 *
 * - Dense (product.ts): where columns are divided, the inner dimension is a single piece or the first
 *   matrix is read transposed. Where rows are divided, each thread must have at least 2: of the units
 *   where the output lies turned, else of the samples. There are never more threads than one for each
 *   65,536 multiplications and one more.
 * - Conv (`MlasConv`): a batch's images are divided among the threads whole, but the only image of
 *   a batch of one by columns: one thread. With more filters than positions, each image's product
 *   is divided by rows, the filters. ConvTranspose reads a transposed matrix.
 * - The gradient of the filters is a product with the longer side as rows (plain/convolution.ts).
 */
export function stableThreads(model: Model, batchSize: number): number {
  const stable = model.layers.map((placed) => {
    const { layer } = placed;
    return layer.kind === 'conv' ? stableForConv(layer, inputShapeOf(placed), batchSize) : ANY;
  });
  return Math.max(1, Math.min(stableDenseThreads(model, batchSize), ...stable));
}

/** As {@link stableThreads}, of the dense layers only. */
export function stableDenseThreads(model: Model, batchSize: number): number {
  const turned = findTurnedValues(model, batchSize);
  const stable = model.layers.map(({ layer, inputShapes: [input = []], output }) => {
    if (layer.kind !== 'dense') return ANY;
    const rows = stableForRows(turned.has(output) ? layer.units : batchSize);
    const work = batchSize * layer.units * featuresOf(layer, input);
    return Math.floor(work / WORK_OF_THREAD) + 1 <= rows ? ANY : rows;
  });
  return Math.max(1, Math.min(...stable));
}

function stableForConv(layer: Conv, input: Shape, batchSize: number): number {
  if (batchSize === 1) return 1;
  const [inputs] = mapOf(layer, input);
  return Math.min(stableForRows(layer.channels), stableForRows(Math.max(inputs, layer.channels)));
}

function stableForRows(rows: number): number {
  return rows === 1 ? ANY : Math.floor(rows / STABLE_ROWS);
}
