/** Leaves out what of a convolution's output no max-pool after it looks at. */

import type { MaxPool } from '../../../models/layers.ts';
import { type WindowGeometry, windowOutput } from './blocks.ts';

/**
 * Where more of the output than this is looked at, all of it is made: the pool's gradient for an odd
 * number of columns is made with one more, which must be taken off in a pass of its own.
 */
const MOST_READ = 0.9;

/**
 * The window without the padding that only gives rows and columns past the last window of the pool: a
 * 3×3 pool of stride 2 leaves out the last of ten. Nothing else changes, since these have no influence
 * and get no gradient. AlexNetSmall's second convolution makes 9×9 of 10×10 positions, forward and for
 * its filters' gradient.
 */
export function trimWindow(
  window: WindowGeometry,
  image: { readonly height: number; readonly width: number },
  { kernel, stride, padding: [top, left, bottom, right] }: MaxPool,
): WindowGeometry {
  const whole = windowOutput(image, window);
  const read = (size: number, before: number, after: number): number => {
    const windows = Math.floor((size + before + after - kernel) / stride) + 1;
    return Math.min(size, stride * (windows - 1) + kernel - before);
  };
  const rows = read(whole.height, top, bottom);
  const columns = read(whole.width, left, right);
  if (rows * columns > MOST_READ * whole.height * whole.width) return window;
  const reach = (outputs: number, size: number) => window.stride * (outputs - 1) + size;
  const { pads } = window;
  const least = (known: number, needed: number) => Math.min(known, Math.max(0, needed));
  return {
    ...window,
    pads: {
      ...pads,
      bottom: least(pads.bottom, reach(rows, window.height) - image.height - pads.top),
      right: least(pads.right, reach(columns, window.width) - image.width - pads.left),
    },
  };
}
