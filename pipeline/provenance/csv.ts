/** Reading CSV, as figures have it beside them. */

/**
 * The records of a CSV (RFC 4180, LF or CRLF) as objects by the names in its first line. A record that
 * is short lacks the rest; what no name stands for is left out. Any text is taken for something.
 */
export function parseCsv(text: string): Record<string, string>[] {
  const [names = [], ...records] = splitRecords(text);
  return records.map((cells) =>
    Object.fromEntries(cells.slice(0, names.length).map((cell, i) => [names[i] ?? '', cell])),
  );
}

function splitRecords(text: string): string[][] {
  const records: string[][] = [];
  let cells: string[] = [];
  // A cell, quoted or plain, with what ends it.
  const cell = /(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r?\n|$)/y;
  while (cell.lastIndex < text.length) {
    const match = cell.exec(text);
    if (match === null) {
      // Something after a closing quote: the rest of the text is one cell.
      cells.push(text.slice(cell.lastIndex));
      break;
    }
    const [, quoted, plain = '', end] = match;
    cells.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === ',' && cell.lastIndex < text.length) continue;
    if (end === ',') cells.push('');
    records.push(cells);
    cells = [];
  }
  if (cells.length > 0) records.push(cells);
  return records;
}
