/** How many threads give the same bits as one. */

import type { Model } from '../../models/model.ts';

/** Columns in the unit in which onnxruntime divides a product among threads. */
const COLUMN_BLOCK = 16;
/** With fewer columns a thread than this, its sums over the inner dimension are split otherwise. */
const STABLE_BLOCKS = 5;
/** An inner dimension up to this is summed in one piece, however the columns are divided. */
const ONE_PIECE = 128;

/**
 * The greatest number of threads for which every product of a step has the bits that one thread
 * gives. onnxruntime's matrix product (`MlasSgemmOperation`) sums the inner dimension in pieces of
 * 128, but of 256 and more where a thread has 64 columns or fewer; the columns are divided among
 * the threads in blocks of 16. So each thread must keep at least 5 blocks: 6 threads for 512 units.
 * Products with up to 64 columns in all are divided by rows, which changes nothing. The products
 * that give the gradients of weights read a transposed matrix and always sum pieces of 128.
 */
export function stableThreads(model: Model): number {
  let threads = Number.POSITIVE_INFINITY;
  for (const { layer, inputShapes } of model.layers) {
    if (layer.kind !== 'dense') continue;
    const features = inputShapes[0]?.[0] ?? 0;
    threads = Math.min(
      threads,
      stableForProduct(layer.units, features),
      stableForProduct(features, layer.units),
    );
  }
  return threads;
}

function stableForProduct(columns: number, inner: number): number {
  if (inner <= ONE_PIECE || columns <= STABLE_BLOCKS * COLUMN_BLOCK)
    return Number.POSITIVE_INFINITY;
  return Math.floor(Math.ceil(columns / COLUMN_BLOCK) / STABLE_BLOCKS);
}
