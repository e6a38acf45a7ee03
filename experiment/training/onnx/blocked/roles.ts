/** The roles that activations take in the gradients of filters (filter-gradient.ts). */

import {
  type Activation,
  type Blocks,
  blockedNode,
  type Edges,
  padAxis,
  padEdges,
  transpose,
  view,
} from './blocks.ts';
import { padChannels } from './layout.ts';

/**
 * Converts activations to their roles, each only once: the branches of a network share them. Keep one
 * for a graph.
 */
export class Roles {
  /** Whether large maps are taken in strips (strips.ts). */
  readonly inStrips: boolean;
  readonly #blocks: Blocks;
  readonly #made = new Map<string, string>();

  constructor(blocks: Blocks, { inStrips }: { readonly inStrips: boolean }) {
    this.inStrips = inStrips;
    this.#blocks = blocks;
  }

  /**
   * As the image, with these edges of zeros and its first `channels` channels: memory
   * [N/B, H, W, channels, B_n].
   */
  image(tensor: Activation, channels: number, edges: Edges): string {
    const { top, left, bottom, right } = edges;
    const positions = this.#once(`${tensor.value} ${channels} image`, () =>
      channels === tensor.channels
        ? this.#byPosition(tensor)
        : this.#byPositionOfSome(tensor, channels),
    );
    return this.#once(`${positions} ${[top, left, bottom, right].join()}`, () => {
      const { height, width, batch } = tensor;
      const { block } = this.#blocks;
      const samples = countSampleBlocks(batch, block);
      return padEdges(this.#blocks, positions, [samples, height, width, channels * block], edges);
    });
  }

  /** As the filter, each block of samples by itself: memory [N/B, C/B, H, W, B_n, B_c]. */
  filter(tensor: Activation): string {
    return this.#once(`${tensor.value} filter`, () => {
      const { block } = this.#blocks;
      const { channels, height, width } = tensor;
      const filled = this.#fillBatch(tensor);
      const shape = [countSampleBlocks(tensor.batch, block), block, 1, channels * height * width];
      const seen = view(this.#blocks, filled, shape);
      return blockedNode(this.#blocks, 'ReorderInput', [seen], { channels_last: { int: 1 } });
    });
  }

  /** [N, C/B, HW, B_c] to [N/B, HW, C, B_n]. */
  #byPosition(tensor: Activation): string {
    const blocks = this.#blocks;
    const batch = padChannels(tensor.batch, blocks.block);
    const area = tensor.height * tensor.width;
    const samplesLast = this.#samplesLast(this.#fillBatch(tensor), batch, tensor.channels * area);
    const inner = tensor.layout === 'blocked' ? blocks.block : 1;
    if (tensor.channels === inner) return samplesLast;
    const shape = [batch / blocks.block, tensor.channels / inner, area, inner * blocks.block];
    return transpose(blocks, samplesLast, shape, [0, 2, 1, 3]);
  }

  /** As {@link #byPosition}, of the first channels only, which are taken out on the way. */
  #byPositionOfSome(tensor: Activation, channels: number): string {
    const { block } = this.#blocks;
    const batch = padChannels(tensor.batch, block);
    const { height, width } = tensor;
    const filled = this.#fillBatch(tensor);
    const seen = view(this.#blocks, filled, [batch, tensor.channels, height, width]);
    const channelsLast = blockedNode(this.#blocks, 'ReorderOutput', [seen], {
      channels: { int: channels },
      channels_last: { int: 1 },
    });
    return this.#samplesLast(channelsLast, batch, channels * height * width);
  }

  /** [batch, size] to [batch/B, size, B_n]. */
  #samplesLast(value: string, batch: number, size: number): string {
    return blockedNode(this.#blocks, 'ReorderInput', [
      view(this.#blocks, value, [1, batch, size, 1]),
    ]);
  }

  #fillBatch({ value, batch, channels, height, width }: Activation): string {
    const missing = padChannels(batch, this.#blocks.block) - batch;
    return padAxis(this.#blocks, value, [1, batch, channels * height * width], 0, missing);
  }

  #once(key: string, make: () => string): string {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#made.set(key, made);
    return made;
  }
}

/** In how many blocks the samples of a batch lie, the last one filled up. */
export function countSampleBlocks(batch: number, block: number): number {
  return padChannels(batch, block) / block;
}
