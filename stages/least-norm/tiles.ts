/**
 * Matrices of float64 in square tiles that fit a processor's cache, and the one product that all work on
 * them comes down to. What a tile has beyond its matrix is zero.
 */

/** Rows and columns of a tile. */
export const TILE = 64;

/** A matrix [rows, columns], or its lower triangle. */
export interface TiledMatrix {
  readonly rows: number;
  readonly columns: number;
  /** By row and column of tiles; each [TILE, TILE], rows one after the other. */
  readonly tiles: readonly (readonly Float64Array[])[];
}

/** The numbers of `fill`, [rows, columns]. */
export function tileMatrix(
  rows: number,
  columns: number,
  fill: (row: number, column: number) => number,
): TiledMatrix {
  const matrix = makeMatrix(rows, columns, () => Math.ceil(columns / TILE));
  for (let row = 0; row < rows; row += 1) {
    const across = matrix.tiles[Math.floor(row / TILE)] ?? [];
    for (const [index, tile] of across.entries()) {
      const first = index * TILE;
      const end = Math.min(columns - first, TILE);
      const start = (row % TILE) * TILE;
      for (let k = 0; k < end; k += 1) tile[start + k] = fill(row, first + k);
    }
  }
  return matrix;
}

/** Zeros: the lower triangle of a matrix [order, order]. */
export function makeLowerMatrix(order: number): TiledMatrix {
  return makeMatrix(order, order, (row) => row + 1);
}

function makeMatrix(rows: number, columns: number, across: (row: number) => number): TiledMatrix {
  const tiles = Array.from({ length: Math.ceil(rows / TILE) }, (_, row) =>
    Array.from({ length: across(row) }, () => new Float64Array(TILE * TILE)),
  );
  return { rows, columns, tiles };
}

/** The tile at a row and a column of tiles. @throws RangeError where there is none */
export function tileAt({ tiles }: TiledMatrix, row: number, column: number): Float64Array {
  const tile = tiles[row]?.[column];
  if (tile === undefined) throw new RangeError(`there is no tile ${row}, ${column}`);
  return tile;
}

/**
 * Adds sign · a bᵀ to a tile. Four rows of each are taken at a time, so that each number that is loaded
 * is used four times.
 */
export function addProduct(
  target: Float64Array,
  a: Float64Array,
  b: Float64Array,
  sign: 1 | -1,
): void {
  for (let row = 0; row < TILE; row += 4) {
    const a0 = row * TILE;
    const a1 = a0 + TILE;
    const a2 = a1 + TILE;
    const a3 = a2 + TILE;
    for (let column = 0; column < TILE; column += 2) {
      const b0 = column * TILE;
      const b1 = b0 + TILE;
      let s00 = 0;
      let s01 = 0;
      let s10 = 0;
      let s11 = 0;
      let s20 = 0;
      let s21 = 0;
      let s30 = 0;
      let s31 = 0;
      for (let k = 0; k < TILE; k += 1) {
        const x = b[b0 + k] as number;
        const y = b[b1 + k] as number;
        const p = a[a0 + k] as number;
        const q = a[a1 + k] as number;
        const r = a[a2 + k] as number;
        const t = a[a3 + k] as number;
        s00 += p * x;
        s01 += p * y;
        s10 += q * x;
        s11 += q * y;
        s20 += r * x;
        s21 += r * y;
        s30 += t * x;
        s31 += t * y;
      }
      target[a0 + column] = (target[a0 + column] as number) + sign * s00;
      target[a0 + column + 1] = (target[a0 + column + 1] as number) + sign * s01;
      target[a1 + column] = (target[a1 + column] as number) + sign * s10;
      target[a1 + column + 1] = (target[a1 + column + 1] as number) + sign * s11;
      target[a2 + column] = (target[a2 + column] as number) + sign * s20;
      target[a2 + column + 1] = (target[a2 + column + 1] as number) + sign * s21;
      target[a3 + column] = (target[a3 + column] as number) + sign * s30;
      target[a3 + column + 1] = (target[a3 + column + 1] as number) + sign * s31;
    }
  }
}
