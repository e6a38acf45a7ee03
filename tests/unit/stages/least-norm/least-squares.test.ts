import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openStream } from '../../../../experiment/data/random.ts';
import {
  descend,
  distanceTo,
  normOf,
  spanOf,
} from '../../../../stages/least-norm/least-squares.ts';
import { leastByGramSchmidt, product } from './linear-algebra.ts';

/** Fewer points than unknowns, both numbers drawn too. */
const problems = fc
  .record({
    n: fc.integer({ min: 1, max: 12 }),
    more: fc.integer({ min: 8, max: 40 }),
    seed: fc.nat(1000),
  })
  .map(({ n, more, seed }) => {
    const random = openStream(seed, 'test/least-squares');
    const dimensions = n + more;
    const draw = (length: number) => Array.from({ length }, () => random.normal());
    const rows = Array.from({ length: n }, () => draw(dimensions));
    const targets = draw(n);
    const problem = {
      dimensions,
      points: Float64Array.from(rows.flat()),
      targets: Float64Array.from(targets),
    };
    return { problem, rows, targets, start: Float64Array.from(draw(dimensions)) };
  });

const settings = (start: Float64Array) => ({
  start,
  epochs: 100_000,
  tolerance: 1e-11,
  order: openStream(7, 'test/order'),
  watch: () => {},
});

describe('least squares with more unknowns than points', () => {
  it('has the solution of least norm that Gram–Schmidt finds', () => {
    fc.assert(
      fc.property(problems, ({ problem, rows, targets }) => {
        const { least } = leastByGramSchmidt(rows, targets);
        const found = spanOf(problem).solve(problem.targets);
        expect(distanceTo(found, Float64Array.from(least))).toBeLessThan(1e-10);
        for (const [i, row] of rows.entries()) {
          expect(product(row, [...found])).toBeCloseTo(targets[i] as number, 9);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is solved by SGD: from zero with the least norm, from elsewhere with what no point reaches of the start', () => {
    fc.assert(
      fc.property(problems, ({ problem, rows, targets, start }) => {
        const { least, basis } = leastByGramSchmidt(rows, targets);
        const zero = descend(problem, settings(new Float64Array(problem.dimensions)));
        expect(zero.residual).toBeLessThanOrEqual(1e-11);
        expect(distanceTo(zero.weights, Float64Array.from(least))).toBeLessThan(1e-8);

        const outside = basis.reduce(
          (rest, axis) => {
            const share = product(rest, axis);
            return rest.map((value, k) => value - share * (axis[k] as number));
          },
          [...start],
        );
        const expected = Float64Array.from(least, (value, k) => value + (outside[k] as number));
        const elsewhere = descend(problem, settings(start));
        expect(distanceTo(elsewhere.weights, expected)).toBeLessThan(1e-8);
        expect(normOf(elsewhere.weights)).toBeGreaterThan(normOf(zero.weights));

        const { project } = spanOf(problem);
        expect(distanceTo(project(zero.weights), zero.weights)).toBeLessThan(1e-8);
        const inside = start.map((value, k) => value - (outside[k] as number));
        expect(
          normOf(project(start).map((value, k) => value - (inside[k] as number))),
        ).toBeLessThan(1e-9);
      }),
      { numRuns: 15 },
    );
  });

  it('tells SGD’s epochs, and ends it at the last one where it has not converged', () => {
    const [{ problem } = expect.fail('no problem')] = fc.sample(problems, { numRuns: 1, seed: 1 });
    const told: number[] = [];
    const { epochs, residual } = descend(problem, {
      ...settings(new Float64Array(problem.dimensions)),
      epochs: 3,
      tolerance: 0,
      watch: (done) => told.push(done),
    });
    expect([epochs, told]).toEqual([3, [1, 2, 3]]);
    expect(residual).toBeGreaterThan(0);
  });
});
