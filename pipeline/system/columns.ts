/**
 * The form of the large memos: columns of numbers and text in one piece, of which little is
 * unpacked.
 */

const HEADER_BYTES = 8;

/**
 * Columns of a table in one piece: form and number of columns, the length of each, the columns, each
 * at a multiple of eight so that numbers are read where they stand. A hundred thousand rows as JSON
 * take longer to read than what they are about takes to be looked at.
 *
 * @param form tells this table from others and from its own earlier forms
 */
export function packColumns(form: number, columns: readonly Uint8Array[]): Uint8Array {
  const header = Buffer.alloc(padded(HEADER_BYTES + columns.length * 4));
  header.writeUInt32LE(form, 0);
  header.writeUInt32LE(columns.length, 4);
  const parts: Uint8Array[] = [header];
  for (const [i, column] of columns.entries()) {
    header.writeUInt32LE(column.length, HEADER_BYTES + i * 4);
    parts.push(column, new Uint8Array(padded(column.length) - column.length));
  }
  return Buffer.concat(parts);
}

/** The columns that were packed, copied to where numbers may be read; null of anything else. */
export function unpackColumns(form: number, pack: Uint8Array): readonly Uint8Array[] | null {
  if (pack.length < HEADER_BYTES) return null;
  const view = new DataView(pack.buffer, pack.byteOffset, pack.byteLength);
  if (view.getUint32(0, true) !== form) return null;
  const count = view.getUint32(4, true);
  let start = padded(HEADER_BYTES + count * 4);
  const aligned = pack.byteOffset % 8 === 0 ? pack : new Uint8Array(pack);
  return Array.from({ length: count }, (_, i) => {
    const length = view.getUint32(HEADER_BYTES + i * 4, true);
    const column = aligned.subarray(start, start + length);
    start += padded(length);
    return column;
  });
}

/** A column of numbers, as bytes. */
export function bytesOf(numbers: Float64Array | Uint32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/** Bytes of a column as doubles. */
export function doublesOf(column: Uint8Array): Float64Array {
  return new Float64Array(column.buffer, column.byteOffset, column.byteLength / 8);
}

/** Bytes of a column as whole numbers. */
export function integersOf(column: Uint8Array): Uint32Array {
  return new Uint32Array(column.buffer, column.byteOffset, column.byteLength / 4);
}

/** Bytes of a column as text. */
export function textOf(column: Uint8Array): string {
  return Buffer.from(column.buffer, column.byteOffset, column.byteLength).toString('utf8');
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}
