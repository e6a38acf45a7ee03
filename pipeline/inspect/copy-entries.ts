/** Inspection, what is recalled: entries of columns copied as they stand. */

/** What has no place to be copied from. */
export const NOWHERE = -1;

/**
 * Copies entries of one length, those that stand together at once.
 *
 * @param size bytes of an entry
 * @param places of each entry of the new column, where it stands in the old one, or {@link NOWHERE}
 * @returns the new column, with zeros for entries that are not copied
 */
export function copyEntries(
  column: Uint8Array,
  size: number,
  places: ArrayLike<number>,
): Uint8Array<ArrayBuffer> {
  const copied = new Uint8Array(places.length * size);
  forEachRun(places, (at, from, count) => {
    copied.set(column.subarray(from * size, (from + count) * size), at * size);
  });
  return copied;
}

/**
 * Copies lines, those that stand together at once.
 *
 * @param column text whose lines all end with a line break
 * @param places of each line of the new column, where it stands in the old one, or {@link NOWHERE}
 * @param lineAt a line that is not copied, without a line break
 */
export function copyLines(
  column: Uint8Array,
  places: ArrayLike<number>,
  lineAt: (at: number) => string,
): Uint8Array {
  const starts = findLines(column);
  const parts: Uint8Array[] = [];
  let next = 0;
  const write = (end: number) => {
    if (next === end) return;
    const lines = Array.from({ length: end - next }, (_, i) => `${lineAt(next + i)}\n`);
    parts.push(Buffer.from(lines.join('')));
  };
  forEachRun(places, (at, from, count) => {
    write(at);
    parts.push(column.subarray(starts[from], starts[from + count]));
    next = at + count;
  });
  write(places.length);
  return Buffer.concat(parts);
}

/** Tells of all entries that are copied, as many at once as stand together in both columns. */
function forEachRun(
  places: ArrayLike<number>,
  tell: (at: number, from: number, count: number) => void,
): void {
  let at = 0;
  while (at < places.length) {
    const from = places[at] ?? NOWHERE;
    let count = 1;
    if (from !== NOWHERE) {
      while (places[at + count] === from + count) count++;
      tell(at, from, count);
    }
    at += count;
  }
}

/** Where each line begins, and last where the column ends. */
function findLines(column: Uint8Array): readonly number[] {
  const starts = [0];
  for (let at = column.indexOf(LINE_BREAK); at !== -1; at = column.indexOf(LINE_BREAK, at + 1)) {
    starts.push(at + 1);
  }
  return starts;
}

const LINE_BREAK = 0x0a;
