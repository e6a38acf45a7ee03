import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blockedFilterShape,
  blockFilter,
  blockVector,
  type FilterShape,
  unblockFilter,
  unblockVector,
} from '../../../../../../experiment/training/onnx/blocked/layout.ts';

const filters: fc.Arbitrary<FilterShape> = fc.record({
  outputs: fc.integer({ min: 1, max: 20 }),
  inputs: fc.array(fc.integer({ min: 1, max: 11 }), { minLength: 1, maxLength: 3 }),
  plain: fc.constant(false),
  height: fc.integer({ min: 1, max: 3 }),
  width: fc.integer({ min: 1, max: 3 }),
});
const blockSizes = fc.constantFrom(8, 16);

function countingFrom1(length: number): Float32Array {
  return Float32Array.from({ length }, (_, at) => at + 1);
}

function sizeOf({ outputs, inputs, height, width }: FilterShape): number {
  return outputs * inputs.reduce((sum, part) => sum + part, 0) * height * width;
}

describe('the blocked layout of a filter', () => {
  it('puts each weight at its block, and zeros in the added channels', () => {
    const filter = { outputs: 9, inputs: [3, 10], plain: false, height: 1, width: 2 };
    const values = countingFrom1(9 * 13 * 2);
    const blocked = blockFilter(values, filter, 8);
    expect(blockedFilterShape(filter, 8)).toEqual([16, 24, 1, 2]);
    expect(blocked).toHaveLength(16 * 24 * 2);
    // Output 8 is the first of block 1. Input 12 is channel 9 of the second part: block 2, place 1.
    const weight = (8 * 13 + 12) * 2 + 1;
    const at = ((1 * 3 + 2) * 2 + 1) * 64 + 1 * 8 + 0;
    expect(blocked[at]).toBe(values[weight]);
    expect(blocked.filter((value) => value !== 0)).toHaveLength(values.length);
  });

  it('keeps the few channels of plain images apart and unpadded', () => {
    const filter = { outputs: 5, inputs: [3], plain: true, height: 2, width: 2 };
    const values = countingFrom1(5 * 3 * 4);
    const blocked = blockFilter(values, filter, 8);
    expect(blockedFilterShape(filter, 8)).toEqual([8, 3, 2, 2]);
    // Output 4, input 2, tap 3.
    expect(blocked[(2 * 4 + 3) * 8 + 4]).toBe(values[(4 * 3 + 2) * 4 + 3]);
    expect(unblockFilter(blocked, filter, 8)).toEqual(values);
  });

  it('is undone exactly on export', () => {
    fc.assert(
      fc.property(filters, blockSizes, (filter, block) => {
        const values = countingFrom1(sizeOf(filter));
        const blocked = blockFilter(values, filter, block);
        expect(blocked.filter((value) => value !== 0)).toHaveLength(values.length);
        expect(unblockFilter(blocked, filter, block)).toEqual(values);
      }),
    );
  });
});

describe('the blocked layout of a vector', () => {
  it('pads each part of a concatenation by itself, and is undone exactly', () => {
    const values = countingFrom1(12);
    const blocked = blockVector(values, [3, 9], 8);
    expect([...blocked]).toEqual([
      ...[1, 2, 3, 0, 0, 0, 0, 0],
      ...[4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0, 0, 0, 0, 0, 0],
    ]);
    expect(unblockVector(blocked, [3, 9], 8)).toEqual(values);
  });
});
