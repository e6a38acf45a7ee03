/**
 * Solves K α = y exactly, to rounding, for a symmetric positive definite K: K = L Lᵀ (Cholesky), then two
 * triangular systems. In float64, by tiles: n³ / 3 products and sums, and n² / 2 numbers of memory.
 */

import { fail } from '../../experiment/data/failure.ts';
import { addProduct, TILE, type TiledMatrix, tileAt } from './tiles.ts';

/**
 * Turns the lower triangle of K into L, in place.
 *
 * @param tell is called with the share that is done, 0 to 1
 * @throws RangeError where K is not positive definite to rounding
 */
export function factorize(matrix: TiledMatrix, tell: (share: number) => void = () => {}): void {
  const count = matrix.tiles.length;
  for (let column = 0; column < count; column += 1) {
    const diagonal = tileAt(matrix, column, column);
    for (let k = 0; k < column; k += 1) {
      const left = tileAt(matrix, column, k);
      addProduct(diagonal, left, left, -1);
    }
    factorizeTile(diagonal, Math.min(TILE, matrix.rows - column * TILE), column * TILE);
    for (let row = column + 1; row < count; row += 1) {
      const target = tileAt(matrix, row, column);
      for (let k = 0; k < column; k += 1) {
        addProduct(target, tileAt(matrix, row, k), tileAt(matrix, column, k), -1);
      }
      divideByTransposed(target, diagonal);
    }
    const done = (column + 1) / count;
    tell(done ** 2 * (3 - 2 * done));
  }
}

/**
 * Puts α, [n, m], in the place of y.
 *
 * @param factor L, as {@link factorize} leaves it
 * @param right y, [n, m], rows one after the other
 */
export function solve(factor: TiledMatrix, right: Float64Array): void {
  const n = factor.rows;
  const m = right.length / n;
  const at = (row: number, column: number): number => {
    const tile = tileAt(factor, Math.floor(row / TILE), Math.floor(column / TILE));
    return tile[(row % TILE) * TILE + (column % TILE)] as number;
  };
  const subtract = (row: number, from: number, times: number) => {
    for (let k = 0; k < m; k += 1) {
      right[row * m + k] = (right[row * m + k] as number) - times * (right[from * m + k] as number);
    }
  };
  const divide = (row: number, by: number) => {
    for (let k = 0; k < m; k += 1) right[row * m + k] = (right[row * m + k] as number) / by;
  };
  for (let row = 0; row < n; row += 1) {
    for (let column = 0; column < row; column += 1) subtract(row, column, at(row, column));
    divide(row, at(row, row));
  }
  for (let column = n - 1; column >= 0; column -= 1) {
    divide(column, at(column, column));
    for (let row = 0; row < column; row += 1) subtract(row, column, at(column, row));
  }
}

/**
 * {@link factorize}, for a matrix that is singular only where the data are.
 *
 * @param because what the data are then
 * @throws StageFailure where it is singular to rounding
 */
export function factorizeOrFail(matrix: TiledMatrix, because: string): void {
  try {
    factorize(matrix);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    fail(`${because}: ${error.message}`);
  }
}

/** Factorizes the first `order` rows of a tile on the diagonal; the others become those of an identity. */
function factorizeTile(tile: Float64Array, order: number, first: number): void {
  for (let row = 0; row < TILE; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = tile[row * TILE + column] as number;
      for (let k = 0; k < column; k += 1) {
        sum -= (tile[row * TILE + k] as number) * (tile[column * TILE + k] as number);
      }
      if (row >= order) tile[row * TILE + column] = row === column ? 1 : 0;
      else if (row > column)
        tile[row * TILE + column] = sum / (tile[column * TILE + column] as number);
      else if (sum > 0) tile[row * TILE + row] = Math.sqrt(sum);
      else throw new RangeError(`the matrix is not positive definite at row ${first + row}`);
    }
    tile.fill(0, row * TILE + row + 1, (row + 1) * TILE);
  }
}

/** Replaces a tile T by T L⁻ᵀ. */
function divideByTransposed(target: Float64Array, lower: Float64Array): void {
  for (let row = 0; row < TILE; row += 1) {
    for (let column = 0; column < TILE; column += 1) {
      let sum = target[row * TILE + column] as number;
      for (let k = 0; k < column; k += 1) {
        sum -= (target[row * TILE + k] as number) * (lower[column * TILE + k] as number);
      }
      target[row * TILE + column] = sum / (lower[column * TILE + column] as number);
    }
  }
}
