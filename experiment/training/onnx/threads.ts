/** How many threads give the same bits as one. */

import type { Conv, Dense } from '../../models/layers.ts';
import { inputShapeOf, type Model } from '../../models/model.ts';
import { featuresOf, mapOf, type Shape } from '../../models/shapes.ts';

/** Columns in the unit in which onnxruntime divides a product among threads. */
const COLUMN_BLOCK = 16;
/** With fewer columns a thread than this, its sums over the inner dimension are split otherwise. */
const STABLE_BLOCKS = 5;
/** An inner dimension up to this is summed in one piece, however the columns are divided. */
const ONE_PIECE = 128;
/** With one row a thread, a product is summed by another routine than with more. */
const STABLE_ROWS = 2;

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
 * - Dense, [batch, features] by [features, units] and its counterparts: each thread must keep at
 *   least 5 blocks of columns, so 6 threads for 512 units. Products with up to 64 columns are
 *   divided by rows or summed alike. The gradient of the weights reads a transposed matrix.
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
  return Math.max(1, Math.min(stableDenseThreads(model), ...stable));
}

/** As {@link stableThreads}, of the dense layers only. */
export function stableDenseThreads(model: Model): number {
  const stable = model.layers.map((placed) => {
    const { layer } = placed;
    return layer.kind === 'dense' ? stableForDense(layer, inputShapeOf(placed)) : ANY;
  });
  return Math.max(1, Math.min(...stable));
}

function stableForDense(layer: Dense, input: Shape): number {
  const features = featuresOf(layer, input);
  return Math.min(stableForColumns(layer.units, features), stableForColumns(features, layer.units));
}

function stableForColumns(columns: number, inner: number): number {
  if (inner <= ONE_PIECE || columns <= STABLE_BLOCKS * COLUMN_BLOCK) return ANY;
  return Math.floor(Math.ceil(columns / COLUMN_BLOCK) / STABLE_BLOCKS);
}

function stableForConv(layer: Conv, input: Shape, batchSize: number): number {
  if (batchSize === 1) return 1;
  const [inputs] = mapOf(layer, input);
  return Math.min(stableForRows(layer.channels), stableForRows(Math.max(inputs, layer.channels)));
}

function stableForRows(rows: number): number {
  return rows === 1 ? ANY : Math.floor(rows / STABLE_ROWS);
}
