import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openStream } from '../../../../experiment/data/random.ts';
import { factorize, solve } from '../../../../stages/least-norm/cholesky.ts';
import {
  copyMatrix,
  evaluateKernel,
  gramOf,
  makePoints,
  sharpen,
} from '../../../../stages/least-norm/kernels.ts';
import { TILE, tileAt, tileMatrix } from '../../../../stages/least-norm/tiles.ts';
import { eliminate, product } from './linear-algebra.ts';

/** Points of normal numbers, [n, d]. */
function drawPoints(seed: number, n: number, d: number) {
  const random = openStream(seed, 'test/points');
  const rows = Array.from({ length: n }, () => Array.from({ length: d }, () => random.normal()));
  return { rows, points: makePoints(tileMatrix(n, d, (i, k) => rows[i]?.[k] as number)) };
}

/** Sizes within a tile, at its edge and beyond. */
const size = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  fc.constantFrom(TILE - 1, TILE, TILE + 1, 150),
);

function expectClose(found: Iterable<number>, expected: readonly number[], tolerance: number) {
  const scale = Math.max(...expected.map(Math.abs));
  const values = [...found];
  expect(values).toHaveLength(expected.length);
  const worst = Math.max(...values.map((value, i) => Math.abs(value - (expected[i] as number))));
  expect(worst).toBeLessThanOrEqual(tolerance * scale);
}

describe('the exact solution', () => {
  it('of a positive definite system is that of Gaussian elimination, for several right sides', () => {
    fc.assert(
      fc.property(size, fc.integer({ min: 0, max: 1000 }), (n, seed) => {
        const { rows, points } = drawPoints(seed, n, n + 20);
        const matrix = gramOf(points);
        factorize(matrix);
        const targets = [0, 1].map((m) => rows.map((row) => (row[m] as number) + m));
        const right = Float64Array.from(
          rows.flatMap((_, i) => targets.map((of) => of[i] as number)),
        );
        solve(matrix, right);
        const full = rows.map((a) => rows.map((b) => product(a, b)));
        for (const [m, of] of targets.entries()) {
          expectClose(
            right.filter((_, at) => at % 2 === m),
            eliminate(full, of),
            1e-9,
          );
        }
      }),
      { numRuns: 12 },
    );
  });

  it('is refused where the matrix is not positive definite', () => {
    const { points } = drawPoints(1, 90, 40);
    const gram = gramOf(points);
    // 90 points in 40 dimensions, less a little on the diagonal than rounding could make of zero.
    for (let i = 0; i < 90; i += 1) {
      const tile = tileAt(gram, Math.floor(i / TILE), Math.floor(i / TILE));
      const at = (i % TILE) * (TILE + 1);
      tile[at] = (tile[at] as number) - 1e-6;
    }
    expect(() => factorize(gram)).toThrow(/not positive definite at row \d+/);
  });
});

describe('the Gaussian kernel', () => {
  it('and what it fits are those of the formula', () => {
    const sharpness = 0.02;
    const { rows, points } = drawPoints(2, 100, 70);
    const kernel = (a: readonly number[], b: readonly number[]) =>
      Math.exp(-sharpness * a.reduce((sum, x, k) => sum + (x - (b[k] as number)) ** 2, 0));
    const linear = gramOf(points);
    const gram = copyMatrix(linear);
    sharpen(gram, points, sharpness);
    const value = (matrix: typeof gram, i: number, j: number) =>
      tileAt(matrix, Math.floor(i / TILE), Math.floor(j / TILE))[(i % TILE) * TILE + (j % TILE)];
    for (const [i, j] of [
      [0, 0],
      [70, 3],
      [99, 98],
      [63, 63],
    ] as const) {
      const [a = [], b = []] = [rows[i], rows[j]];
      expect(value(linear, i, j)).toBeCloseTo(product(a, b), 10);
      expect(value(gram, i, j)).toBeCloseTo(kernel(a, b), 12);
    }
    const targets = rows.map((row) => Math.sign(row[0] as number));
    factorize(gram);
    const coefficients = Float64Array.from(targets);
    solve(gram, coefficients);
    const others = drawPoints(3, 66, 70);
    const full = rows.map((a) => rows.map((b) => kernel(a, b)));
    const exact = eliminate(full, targets);
    const expected = others.rows.map((z) =>
      product(
        rows.map((x) => kernel(x, z)),
        exact,
      ),
    );
    expectClose(evaluateKernel(points, coefficients, sharpness, others.points), expected, 1e-9);
    expectClose(evaluateKernel(points, coefficients, sharpness, points), targets, 1e-9);
  });
});
