/** Gram matrices of points: the linear kernel ⟨x, z⟩, and the Gaussian one, exp(−|x − z|² / (2 σ²)). */

import { addProduct, makeLowerMatrix, TILE, type TiledMatrix, tileAt } from './tiles.ts';

/** Points [n, d] in float64. */
export interface Points {
  readonly count: number;
  readonly dimensions: number;
  readonly matrix: TiledMatrix;
  /** |x|² of each, [n]. */
  readonly squares: Float64Array;
}

/** Takes points with the squares of their lengths. */
export function makePoints(matrix: TiledMatrix): Points {
  const { rows: count, columns: dimensions, tiles } = matrix;
  const squares = new Float64Array(count);
  for (let row = 0; row < count; row += 1) {
    const start = (row % TILE) * TILE;
    for (const tile of tiles[Math.floor(row / TILE)] ?? []) {
      for (let k = start; k < start + TILE; k += 1) {
        squares[row] = (squares[row] as number) + (tile[k] as number) ** 2;
      }
    }
  }
  return { count, dimensions, matrix, squares };
}

/**
 * The lower triangle of the Gram matrix of the linear kernel, [n, n].
 *
 * @param tell is called with the share that is done, 0 to 1
 */
export function gramOf({ count, matrix }: Points, tell: (share: number) => void = () => {}) {
  const gram = makeLowerMatrix(count);
  for (const [row, tiles] of gram.tiles.entries()) {
    for (const [column, tile] of tiles.entries()) addRows(tile, matrix, row, matrix, column);
    tell(((row + 1) / gram.tiles.length) ** 2);
  }
  return gram;
}

/** A matrix of its own with the same numbers. */
export function copyMatrix(matrix: TiledMatrix): TiledMatrix {
  return { ...matrix, tiles: matrix.tiles.map((across) => across.map((tile) => tile.slice())) };
}

/**
 * Makes the Gram matrix of the linear kernel that of the Gaussian one, in place.
 *
 * @param sharpness 1 / (2 σ²)
 */
export function sharpen(gram: TiledMatrix, { count, squares }: Points, sharpness: number): void {
  for (const [rowOfTiles, across] of gram.tiles.entries()) {
    for (const [columnOfTiles, tile] of across.entries()) {
      const [top, left] = [rowOfTiles * TILE, columnOfTiles * TILE];
      for (let row = top; row < Math.min(top + TILE, count); row += 1) {
        for (let column = left; column < Math.min(left + TILE, count); column += 1) {
          const at = (row - top) * TILE + (column - left);
          const [a, b] = [squares[row] as number, squares[column] as number];
          tile[at] = row === column ? 1 : gaussian(tile[at] as number, a, b, sharpness);
        }
      }
    }
  }
}

/** Adds ⟨x, z⟩ of the points of one row of tiles with those of another to a tile. */
function addRows(
  target: Float64Array,
  a: TiledMatrix,
  rowOfA: number,
  b: TiledMatrix,
  rowOfB: number,
): void {
  for (let k = 0; k < (a.tiles[rowOfA]?.length ?? 0); k += 1) {
    addProduct(target, tileAt(a, rowOfA, k), tileAt(b, rowOfB, k), 1);
  }
}

/** The Gaussian kernel of two points, by their product and the squares of their lengths. */
function gaussian(product: number, a: number, b: number, sharpness: number): number {
  return Math.exp(-sharpness * Math.max(0, a + b - 2 * product));
}

/**
 * The values of f(z) = Σ αᵢ k(xᵢ, z) on other points, [N, m], for the Gaussian kernel.
 *
 * @param coefficients α, [n, m]
 * @param sharpness 1 / (2 σ²)
 */
export function evaluateKernel(
  points: Points,
  coefficients: Float64Array,
  sharpness: number,
  others: Points,
): Float64Array {
  const m = coefficients.length / points.count;
  const values = new Float64Array(others.count * m);
  const tile = new Float64Array(TILE * TILE);
  for (const rowOfTiles of others.matrix.tiles.keys()) {
    for (const columnOfTiles of points.matrix.tiles.keys()) {
      tile.fill(0);
      addRows(tile, others.matrix, rowOfTiles, points.matrix, columnOfTiles);
      const [top, left] = [rowOfTiles * TILE, columnOfTiles * TILE];
      for (let row = top; row < Math.min(top + TILE, others.count); row += 1) {
        for (let column = left; column < Math.min(left + TILE, points.count); column += 1) {
          const product = tile[(row - top) * TILE + (column - left)] as number;
          const [z, x] = [others.squares[row] as number, points.squares[column] as number];
          const weight = gaussian(product, z, x, sharpness);
          for (let k = 0; k < m; k += 1) {
            const at = row * m + k;
            values[at] = (values[at] as number) + weight * (coefficients[column * m + k] as number);
          }
        }
      }
    }
  }
  return values;
}
