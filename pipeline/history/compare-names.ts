/** The order of names of nodes and of other texts with numbers in them. */

const PARTS = /\d+(?:\.\d+)?(?:e[+-]?\d+)?|\D+/g;

/**
 * Compares two texts part by part, numbers in them as decimals: `lr=0.003` comes before `lr=0.01`, and `seed=9`
 * before `seed=10`.
 *
 * @returns below 0, 0 or above it, as sorting takes it
 */
export function compareNames(a: string, b: string): number {
  const [left, right] = [a.match(PARTS) ?? [], b.match(PARTS) ?? []];
  for (const [i, one] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    const [x, y] = [Number(one), Number(other)];
    const areNumbers = /^\d/.test(one) && /^\d/.test(other);
    const order = !areNumbers ? one.localeCompare(other, 'en') : x === y ? 0 : x - y;
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
