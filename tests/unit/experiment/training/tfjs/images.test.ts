import { describe, expect, it } from 'vitest';
import type { Normalization } from '../../../../../experiment/data/batch.ts';
import { conv, dense, FLATTEN } from '../../../../../experiment/models/layers.ts';
import { chainModel } from '../../../../../experiment/models/model-builder.ts';
import {
  arrangeImages,
  readsChannelsFirst,
} from '../../../../../experiment/training/tfjs/images.ts';

const MODEL = chainModel(
  'Maps',
  [3, 1, 2],
  [conv('conv', 1, { kernel: 1 }), FLATTEN, dense('dense', 2)],
);
const VECTORS = chainModel('Vectors', [3, 1, 2], [FLATTEN, dense('dense', 2)]);
const LABELS = Int32Array.of(0, 1);

describe('arrangeImages', () => {
  it('puts channels last for layers that read maps', () => {
    const images = Float32Array.from({ length: 12 }, (_, index) => index);
    expect(readsChannelsFirst(MODEL)).toBe(false);
    expect([...arrangeImages(MODEL, { images, labels: LABELS }, false)]).toEqual([
      0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11,
    ]);
  });

  it('keeps the order for layers that read vectors, in memory of its own', () => {
    const images = Float32Array.from({ length: 12 }, (_, index) => index);
    expect(readsChannelsFirst(VECTORS)).toBe(true);
    const arranged = arrangeImages(VECTORS, { images, labels: LABELS }, true);
    expect(arranged).toEqual(images);
    expect(arranged.buffer).not.toBe(images.buffer);
  });

  it('normalises pixels by channel', () => {
    const normalization: Normalization = { mean: [0, 0.5, 1], deviation: [1, 0.5, 0.25] };
    const values = Uint8Array.of(0, 255, 0, 255, 0, 255, 255, 255, 255, 0, 0, 0);
    const batch = { images: new Float32Array(0), labels: LABELS };
    const arranged = arrangeImages(MODEL, { ...batch, pixels: { values, normalization } }, false);
    const expected = [0, -1, -4, 1, 1, 0, 1, 1, -4, 1, -1, -4];
    for (const [index, value] of expected.entries()) expect(arranged[index]).toBeCloseTo(value, 5);
  });
});
