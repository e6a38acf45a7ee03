/** How products are to be cut up on one GPU, as a search has found: as text, one product a line. */

import { type Cut, type ProductSizes, TILES, type Tile, tile } from './tile.ts';

/** Cuts by the product that they are for, see {@link nameProduct}. */
export type KeptCuts = ReadonlyMap<string, Cut>;

const LINE = /^(\S.*\S): (\d+)x(\d+)x(\d+)\/(\d+)x(\d+) in (\d+)$/;
const MOST_SPLITS = 256;

/**
 * The name of a product, equal for equal work: `forward 100352x64x27`, rows, columns and inner dimension
 * of a usual batch.
 *
 * @param label of its pass, which begins with the name of a layer
 */
export function nameProduct(label: string, { rows, columns, inner }: ProductSizes): string {
  const kind = /(input gradient|\S+)$/.exec(label)?.[0] ?? label;
  return `${kind} ${rows}x${columns}x${inner}`;
}

/** A cut as a line says it: `128x64x16/8x4 in 2`. */
export function wordCut({
  tile: { rows, columns, inner, threadRows, threadColumns },
  splits,
}: Cut): string {
  return `${rows}x${columns}x${inner}/${threadRows}x${threadColumns} in ${splits}`;
}

/** A line a product. */
export function formatCuts(cuts: KeptCuts): string {
  return [...cuts]
    .map(([product, cut]) => `${product}: ${wordCut(cut)}`)
    .sort()
    .join('\n');
}

/**
 * Cuts from their lines.
 *
 * @throws RangeError that names the first line that is none, or has a tile that the engine has not
 */
export function parseCuts(text: string): KeptCuts {
  const cuts = new Map<string, Cut>();
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, product = '', ...numbers] = LINE.exec(line) ?? [];
    const [rows = 0, columns = 0, inner = 0, threadRows = 0, threadColumns = 0, splits = 0] =
      numbers.map(Number);
    const wanted = tile(rows, columns, inner, threadRows, threadColumns);
    const known = TILES.find(([each]) => isSame(each, wanted))?.[0];
    if (known === undefined || !(splits >= 1 && splits <= MOST_SPLITS)) {
      throw new RangeError(
        `"${line}" says no cut that there is; expected such as "forward 100352x64x27: 128x64x16/8x8 in 1"`,
      );
    }
    cuts.set(product, { tile: known, splits });
  }
  return cuts;
}

function isSame(a: Tile, b: Tile): boolean {
  return (
    a.rows === b.rows &&
    a.columns === b.columns &&
    a.inner === b.inner &&
    a.threadRows === b.threadRows &&
    a.threadColumns === b.threadColumns
  );
}
