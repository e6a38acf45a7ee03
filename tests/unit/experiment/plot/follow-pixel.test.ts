import { expect, it } from 'vitest';
import { permutePixels } from '../../../../experiment/corruption/permute-pixels.ts';
import { openStream } from '../../../../experiment/data/random.ts';
import { choosePixel, followPixel } from '../../../../experiment/plot/follow-pixel.ts';

const SIZE = 28;
const PIXELS = SIZE * SIZE;

it('finds where permutations bring a pixel, and says nothing where its colour is not its own', () => {
  const random = openStream(5, 'test/pixels');
  const data = Uint8Array.from({ length: 3 * 3 * PIXELS }, () => random.integer(256));
  // The third image is of one colour.
  data.fill(7, 2 * 3 * PIXELS);
  // The colour in the middle is in the first image twice.
  const middle = (SIZE / 2) * SIZE + SIZE / 2;
  for (const plane of [0, 1, 2]) data[plane * PIXELS] = data[plane * PIXELS + middle] as number;

  const place = choosePixel(data);
  expect(place).not.toEqual({ row: SIZE / 2, column: SIZE / 2 });
  expect(Math.hypot(place.row - SIZE / 2, place.column - SIZE / 2)).toBeLessThan(2);

  const orders = [0, 1, 2].map(() => random.permutation(PIXELS));
  let next = 0;
  const shape = [3, 3, SIZE, SIZE];
  const moved = permutePixels({ shape, data }, () => orders[next++] as Uint32Array).data;
  const found = [0, 1, 2].map((image) => followPixel(data, moved, image, place));
  for (const image of [0, 1]) {
    const index = orders[image]?.indexOf(place.row * SIZE + place.column) ?? -1;
    expect(found[image]).toEqual({ row: Math.floor(index / SIZE), column: index % SIZE });
  }
  expect(found[2]).toBeNull();
});
