/** Linear algebra by other ways than the stage's, for comparison: plain rows, no Gram matrix, no Cholesky. */

/** K α = y by Gaussian elimination with the greatest pivots; `right` is [n]. */
export function eliminate(
  matrix: readonly (readonly number[])[],
  right: readonly number[],
): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] as number]);
  const n = rows.length;
  const at = (i: number, j: number) => rows[i]?.[j] as number;
  for (let k = 0; k < n; k += 1) {
    let pivot = k;
    for (let i = k + 1; i < n; i += 1) if (Math.abs(at(i, k)) > Math.abs(at(pivot, k))) pivot = i;
    [rows[k], rows[pivot]] = [rows[pivot] as number[], rows[k] as number[]];
    for (let i = k + 1; i < n; i += 1) {
      const factor = at(i, k) / at(k, k);
      rows[i] = (rows[i] as number[]).map((value, j) => (j < k ? 0 : value - factor * at(k, j)));
    }
  }
  const solution = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i -= 1) {
    const known = solution.reduce((sum, value, j) => (j > i ? sum + at(i, j) * value : sum), 0);
    solution[i] = (at(i, n) - known) / at(i, i);
  }
  return solution;
}

export const product = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, k) => sum + value * (b[k] as number), 0);

/** The least w with ⟨w, xᵢ⟩ = yᵢ, and an orthonormal basis of the points, by Gram–Schmidt. */
export function leastByGramSchmidt(
  points: readonly (readonly number[])[],
  targets: readonly number[],
) {
  const basis: number[][] = [];
  // Coefficients of w in the basis: each point settles one more.
  const coefficients: number[] = [];
  for (const [i, point] of points.entries()) {
    let rest = [...point];
    // Twice, since rounding leaves something of what was taken out.
    for (const _ of [1, 2]) {
      for (const axis of basis) {
        const share = product(rest, axis);
        rest = rest.map((value, k) => value - share * (axis[k] as number));
      }
    }
    const length = Math.sqrt(product(rest, rest));
    const axis = rest.map((value) => value / length);
    const known = basis.reduce(
      (sum, other, j) => sum + product(point, other) * (coefficients[j] as number),
      0,
    );
    coefficients.push(((targets[i] as number) - known) / product(point, axis));
    basis.push(axis);
  }
  const least = (points[0] ?? []).map((_, k) =>
    basis.reduce((sum, axis, j) => sum + (coefficients[j] as number) * (axis[k] as number), 0),
  );
  return { least, basis };
}
