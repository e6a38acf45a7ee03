/**
 * Gradients of filters in strips. onnxruntime goes through the whole filter, here a map of 1 KB a
 * position for up to four blocks of channels, once for every six outputs. Where that exceeds the second
 * cache, Intel's shared one slows it: on a Xeon (Cascade Lake) 28×28 ran at 68 and 98 GFLOP/s, in strips
 * at 165 and 195, and 14×14 with six blocks at 145 and 188. On an AMD EPYC all run at 200 to 220 as they
 * are, and taking the rows of the strips made a step of InceptionSmall 1 % slower.
 *
 * A strip is some rows of a sample, and counts as a sample of its own. For the filter that is another view
 * of the same memory; the image's rows are taken once for each strip that they reach.
 */

import { cpus } from 'node:os';
import { type Activation, type Blocks, view } from './blocks.ts';

/** Positions of a strip. Half and twice as many were slower on the Xeon. */
const MOST_POSITIONS = 100;
/** Maps with more positions are taken in strips if they have more than one block. */
const LARGE_MAP = 200;
/** Maps with more positions are taken in strips if they have more than four blocks. */
const MIDDLE_MAP = 150;
/** Blocks that onnxruntime convolves at once. */
const BLOCKS_AT_ONCE = 4;
/** Channels in a block where this was measured. */
const MEASURED_BLOCK = 16;

/**
 * Whether gradients of filters are taken in strips on this machine: by its maker, not by a measurement,
 * so that a machine always gives the same bits.
 */
export function prefersStrips(block: number): boolean {
  return block === MEASURED_BLOCK && (cpus()[0]?.model.includes('Intel') ?? false);
}

/** In how many strips a map that is the filter is best taken; a divisor of its height. */
export function countStrips({ channels, height, width }: Activation, block: number): number {
  const blocks = channels / block;
  const positions = height * width;
  const isLarge =
    (positions > LARGE_MAP && blocks > 1) || (positions > MIDDLE_MAP && blocks > BLOCKS_AT_ONCE);
  if (!isLarge) return 1;
  for (let strips = 2; strips < height; strips += 1) {
    if (height % strips === 0 && positions / strips <= MOST_POSITIONS) return strips;
  }
  return height;
}

/**
 * The rows of an image that each strip needs: of memory [outer, rows, inner] the rows `apart` · i to
 * `apart` · i + `reach` − 1 for each strip i, as [outer, strips · reach, inner].
 */
export function takeStrips(
  blocks: Blocks,
  image: string,
  shape: readonly [outer: number, rows: number, inner: number],
  {
    strips,
    apart,
    reach,
  }: { readonly strips: number; readonly apart: number; readonly reach: number },
): string {
  if (strips === 1) return image;
  const rows = Array.from(
    { length: strips * reach },
    (_, at) => apart * Math.floor(at / reach) + (at % reach),
  );
  const { graph } = blocks;
  return graph.node('Gather', [view(blocks, image, shape), graph.int64s(rows)], {
    axis: { int: 1 },
  });
}
