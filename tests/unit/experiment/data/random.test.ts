import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openStream } from '../../../../experiment/data/random.ts';

const take = (count: number, draw: () => number) => Array.from({ length: count }, draw);

describe('a named stream', () => {
  it('gives the numbers that it has always given', () => {
    const stream = openStream(42, 'labels/train');
    expect(take(4, () => stream.uint32())).toMatchInlineSnapshot(`
      [
        2242568176,
        1581909752,
        1456718895,
        144275959,
      ]
    `);
    expect(take(2, () => stream.uniform())).toMatchInlineSnapshot(`
      [
        0.9836654740335482,
        0.8049800315173514,
      ]
    `);
    expect(take(3, () => stream.normal())).toMatchInlineSnapshot(`
      [
        -1.5897096816258531,
        1.0177319318064353,
        3.0937836557409897,
      ]
    `);
    expect([...stream.permutation(8)]).toMatchInlineSnapshot(`
      [
        0,
        4,
        1,
        2,
        5,
        7,
        3,
        6,
      ]
    `);
  });

  it('starts anew each time it is opened', () => {
    const [first, second] = [openStream(7, 'split'), openStream(7, 'split')];
    expect(take(20, () => first.uint32())).toEqual(take(20, () => second.uint32()));
  });

  it('differs from streams of other names and seeds', () => {
    const starts = [
      openStream(42, 'labels/train'),
      openStream(42, 'labels/test'),
      openStream(43, 'labels/train'),
    ].map((stream) => stream.uint32());
    expect(new Set(starts).size).toBe(3);
  });
});

describe('uniform', () => {
  it('stays in [0, 1) and fills it evenly', () => {
    const stream = openStream(1, 'uniform');
    const bins = new Array<number>(10).fill(0);
    for (let draw = 0; draw < 100_000; draw += 1) {
      const value = stream.uniform();
      expect(value >= 0 && value < 1).toBe(true);
      const bin = Math.floor(value * 10);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    for (const count of bins) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});

describe('integer', () => {
  it('stays below n for every n', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), fc.integer(), (n, seed) => {
        const value = openStream(seed, 'integer').integer(n);
        expect(Number.isInteger(value) && value >= 0 && value < n).toBe(true);
      }),
    );
  });

  it('draws all of 0 … 9 equally often', () => {
    const stream = openStream(1, 'integer');
    const counts = new Array<number>(10).fill(0);
    for (const value of take(100_000, () => stream.integer(10))) {
      counts[value] = (counts[value] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it.each([0, -1, 1.5, 2 ** 32 + 1, Number.NaN])('refuses n = %s', (n) => {
    expect(() => openStream(1, 'integer').integer(n)).toThrow(RangeError);
  });
});

describe('normal', () => {
  it('has mean 0, variance 1 and no skew', () => {
    const stream = openStream(1, 'normal');
    const values = take(200_000, () => stream.normal());
    const moment = (power: number) =>
      values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    expect(moment(1)).toBeCloseTo(0, 1.5);
    expect(moment(2)).toBeCloseTo(1, 1.5);
    expect(moment(3)).toBeCloseTo(0, 1);
    expect(moment(4)).toBeCloseTo(3, 0.7);
  });
});

describe('permutation', () => {
  it('holds every index once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2000 }), fc.integer(), (n, seed) => {
        const order = openStream(seed, 'permutation').permutation(n);
        expect([...order].sort((a, b) => a - b)).toEqual(
          take(
            n,
            (
              (i) => () =>
                i++
            )(0),
          ),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('gives all orders of three equally often', () => {
    const stream = openStream(1, 'permutation');
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 60_000; draw += 1) {
      const order = stream.permutation(3).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });
});
