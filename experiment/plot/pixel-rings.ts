/** Rings around pixels of pictures that are marks of a chart. */

import { CROP_SIZE } from '../data/images.ts';
import type { PixelPlace } from './follow-pixel.ts';

/** A row of values that may have a ring: its distances from the middle of the mark's band, right and down. */
interface Ringed {
  readonly ring?: readonly [number, number];
}

/**
 * Places a ring around a pixel; around nothing where there is none.
 *
 * @param side of the picture as drawn
 * @param down how far the middle of the picture is below that of its band
 */
export function placeRing(place: PixelPlace | null, side: number, down: number): Ringed {
  if (place === null) return {};
  const drawn = (index: number) => ((index + 0.5) / CROP_SIZE - 0.5) * side;
  return { ring: [drawn(place.column), drawn(place.row) + down] };
}

/** Draws the rings of values that have one: dark on a light one, so that they show on any picture. */
export function drawRings(): readonly object[] {
  return [
    { stroke: '#ffffff', strokeWidth: 4 },
    { stroke: '#000000', strokeWidth: 1.8 },
  ].map((style) => ({
    transform: [{ filter: 'isValid(datum.ring)' }],
    mark: {
      ...{ type: 'point', shape: 'circle', size: 80, filled: false, opacity: 1, ...style },
      ...{ xOffset: { expr: 'datum.ring[0]' }, yOffset: { expr: 'datum.ring[1]' } },
    },
  }));
}
