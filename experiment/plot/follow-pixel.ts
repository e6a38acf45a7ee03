/** Where one pixel of each of some images has gone, when their pixels were permuted: found by its colour. */

import { CHANNEL_COUNT, CROP_PIXELS, CROP_SIZE } from '../data/images.ts';

/** A pixel of a crop, by row and column. */
export interface PixelPlace {
  readonly row: number;
  readonly column: number;
}

/**
 * The place nearest to the middle whose pixel has a colour of its own in as many of the images as any.
 *
 * @param pixels [N, 3, 28, 28]
 */
export function choosePixel(pixels: Uint8Array): PixelPlace {
  const images = Array.from({ length: countImages(pixels) }, (_, image) => image);
  const colors = images.map((image) => countColors(pixels, image));
  const places = Array.from({ length: CROP_PIXELS }, (_, place) => place);
  const fromMiddle = (place: number) => {
    const { row, column } = toPlace(place);
    return (row - CROP_SIZE / 2) ** 2 + (column - CROP_SIZE / 2) ** 2;
  };
  const own = (place: number) =>
    images.filter((image) => colors[image]?.get(colorOf(pixels, image, place)) === 1).length;
  const [best = 0] = places.toSorted((a, b) => own(b) - own(a) || fromMiddle(a) - fromMiddle(b));
  return toPlace(best);
}

/**
 * Where the pixel of an image stands among the permuted ones; null where not exactly one has its colour.
 *
 * @param pixels [N, 3, 28, 28]
 * @param permuted the same images, each of them permuted
 */
export function followPixel(
  pixels: Uint8Array,
  permuted: Uint8Array,
  image: number,
  { row, column }: PixelPlace,
): PixelPlace | null {
  const color = colorOf(pixels, image, row * CROP_SIZE + column);
  const found = Array.from({ length: CROP_PIXELS }, (_, place) => place).filter(
    (place) => colorOf(permuted, image, place) === color,
  );
  return found.length === 1 ? toPlace(found[0] as number) : null;
}

function countImages(pixels: Uint8Array): number {
  return pixels.length / (CHANNEL_COUNT * CROP_PIXELS);
}

function toPlace(place: number): PixelPlace {
  return { row: Math.floor(place / CROP_SIZE), column: place % CROP_SIZE };
}

function colorOf(pixels: Uint8Array, image: number, place: number): number {
  const channel = (index: number) =>
    pixels[(image * CHANNEL_COUNT + index) * CROP_PIXELS + place] as number;
  return (channel(0) * 256 + channel(1)) * 256 + channel(2);
}

function countColors(pixels: Uint8Array, image: number): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (let place = 0; place < CROP_PIXELS; place += 1) {
    const color = colorOf(pixels, image, place);
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  return counts;
}
