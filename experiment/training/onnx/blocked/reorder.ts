/** From plain activations to blocked ones and back. */

import { type Activation, type Blocks, blockedNode, padAxis, view } from './blocks.ts';
import { padChannels } from './layout.ts';

/** `ReorderInput` reads channels four at a time. */
const REORDER_UNIT = 4;

/**
 * Memory [batch, channels, height, width] to [batch, channels/B, height, width, B], the added channels
 * zero. `channels` counts those of the plain value.
 */
export function reorderIn(
  blocks: Blocks,
  value: string,
  sizes: Omit<Activation, 'value' | 'layout'>,
): Activation {
  const { batch, channels, height, width } = sizes;
  const padded = padChannels(channels, blocks.block);
  const whole = channels % REORDER_UNIT === 0;
  const shape = [batch, whole ? channels : padded, height, width];
  const wider = whole
    ? value
    : padAxis(blocks, value, [batch, channels, height * width], 0, padded - channels);
  const reordered = blockedNode(blocks, 'ReorderInput', [view(blocks, wider, shape)]);
  return { value: reordered, batch, channels: padded, height, width, layout: 'blocked' };
}

/** The first `channels` channels, as plain memory [batch, channels, height, width]. */
export function reorderOut(blocks: Blocks, { value }: Activation, channels: number): string {
  return blockedNode(blocks, 'ReorderOutput', [value], { channels: { int: channels } });
}
