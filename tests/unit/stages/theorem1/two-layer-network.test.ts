import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openStream } from '../../../../experiment/data/random.ts';
import {
  countWeights,
  drawDirection,
  evaluateTwoLayerNetwork,
  fitTwoLayerNetwork,
} from '../../../../stages/theorem1/two-layer-network.ts';

/** A network as the theorem has it: c(x) = Σ w_j max(⟨a, x⟩ − b_j, 0), from the point itself. */
function compute(
  { direction, thresholds, weights }: ReturnType<typeof fitTwoLayerNetwork>,
  point: readonly number[],
): number {
  const hidden = [...thresholds].map((b) =>
    Math.max(point.reduce((sum, x, k) => sum + (direction[k] ?? 0) * x, 0) - b, 0),
  );
  return hidden.reduce((sum, h, j) => sum + (weights[j] ?? 0) * h, 0);
}

it('fits any labels of any distinct points with 2n + d weights', () => {
  const coordinate = fc.integer({ min: 0, max: 255 }).map((pixel) => pixel / 255);
  const problem = fc
    .integer({ min: 1, max: 6 })
    .chain((d) =>
      fc.uniqueArray(fc.array(coordinate, { minLength: d, maxLength: d }), {
        minLength: 1,
        maxLength: 60,
        selector: (point) => point.join(),
      }),
    )
    .chain((points) =>
      fc.tuple(
        fc.constant(points),
        fc.array(fc.integer({ min: 0, max: 9 }), {
          minLength: points.length,
          maxLength: points.length,
        }),
        fc.integer(),
      ),
    );
  fc.assert(
    fc.property(problem, ([points, labels, seed]) => {
      const d = points[0]?.length ?? 0;
      const direction = drawDirection(d, openStream(seed, 'direction'));
      const z = Float64Array.from(points, (point) =>
        point.reduce((sum, x, k) => sum + (direction[k] ?? 0) * x, 0),
      );
      fc.pre(new Set(z).size === z.length);
      const network = fitTwoLayerNetwork(direction, z, labels);
      expect(countWeights(network)).toBe(2 * points.length + d);
      for (const [i, point] of points.entries()) {
        expect(Math.abs(compute(network, point) - (labels[i] ?? 0))).toBeLessThan(0.01);
        expect(evaluateTwoLayerNetwork(network, z[i] ?? 0)).toBe(compute(network, point));
      }
    }),
  );
});

it('puts exactly one threshold below each projection and above the one before', () => {
  const z = Float64Array.of(3, -1, 2, 10);
  const { thresholds } = fitTwoLayerNetwork(Float64Array.of(1), z, [1, 2, 3, 4]);
  const ascending = [...z].sort((a, b) => a - b);
  for (const [i, at] of ascending.entries()) {
    expect(thresholds[i]).toBeLessThan(at);
    expect(thresholds[i]).toBeGreaterThan(ascending[i - 1] ?? Number.NEGATIVE_INFINITY);
  }
});

it('refuses two points that coincide', () => {
  const fit = () => fitTwoLayerNetwork(Float64Array.of(1), Float64Array.of(1, 2, 1), [1, 2, 3]);
  expect(fit).toThrow(/two points have the projection 1/);
});
