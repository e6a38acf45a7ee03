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
    const key = `${tensor.value} ${[channels, top, left, bottom, right].join()}`;
    return this.#once(key, () => {
      const blocks = this.#blocks;
      const { height, width } = tensor;
      const positions = this.#once(`${tensor.value} image`, () => this.#byPosition(tensor));
      const { block } = blocks;
      const groups = padChannels(tensor.batch, block) / block;
      if (channels === tensor.channels) {
        return padEdges(blocks, positions, [groups, height, width, channels * block], edges);
      }
      const shape = [groups, height, width, tensor.channels, block];
      const added = channels - tensor.channels;
      const pads = blocks.graph.int64s([0, top, left, 0, 0, 0, bottom, right, added, 0]);
      return blocks.graph.node('Pad', [view(blocks, positions, shape), pads]);
    });
  }

  /** As the filter: memory [groups, C/B, N/B/groups, H, W, B_n, B_c]. */
  filter(tensor: Activation): string {
    return this.#once(`${tensor.value} filter`, () => {
      const { block } = this.#blocks;
      const groups = countGroups(tensor.batch, block);
      const shape = [
        groups,
        padChannels(tensor.batch, block) / block / groups,
        block,
        tensor.channels / block,
        tensor.height * tensor.width,
        block,
      ];
      return transpose(this.#blocks, this.#fillBatch(tensor), shape, [0, 3, 1, 4, 2, 5]);
    });
  }

  /** [N, C/B, HW, B_c] to [N/B, HW, C, B_n]. */
  #byPosition(tensor: Activation): string {
    const blocks = this.#blocks;
    const batch = padChannels(tensor.batch, blocks.block);
    const area = tensor.height * tensor.width;
    const filled = view(blocks, this.#fillBatch(tensor), [1, batch, tensor.channels * area, 1]);
    const samplesLast = blockedNode(blocks, 'ReorderInput', [filled]);
    const inner = tensor.layout === 'blocked' ? blocks.block : 1;
    if (tensor.channels === inner) return samplesLast;
    const shape = [batch / blocks.block, tensor.channels / inner, area, inner * blocks.block];
    return transpose(blocks, samplesLast, shape, [0, 2, 1, 3]);
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

/** In how many groups the samples of a batch are taken. */
export function countGroups(batch: number, block: number): 1 | 2 {
  return (padChannels(batch, block) / block) % 2 === 0 ? 2 : 1;
}
