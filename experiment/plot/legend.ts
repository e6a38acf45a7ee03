/** Fits legends to the panels that they stand over. */

/** What an entry takes beside its label, with the gap behind it, and a letter, in pixels, about. */
const SYMBOL_WIDTH = 44;
const LETTER_WIDTH = 6.4;
/** The gap behind an entry, which the last has none of. */
const GAP = 18;

/** The number of columns in which a legend of such labels is no wider than so many pixels; at least one. */
export function fitColumns(labels: readonly string[], width: number): number {
  for (let columns = labels.length; columns > 1; columns -= 1) {
    const widths = Array.from({ length: columns }, (_, column) => {
      const own = labels.filter((_, i) => i % columns === column);
      return SYMBOL_WIDTH + LETTER_WIDTH * Math.max(...own.map(({ length }) => length));
    });
    if (widths.reduce((sum, one) => sum + one, -GAP) <= width) return columns;
  }
  return 1;
}
