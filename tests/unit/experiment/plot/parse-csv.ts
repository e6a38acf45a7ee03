/** Parses CSV with a header (RFC 4180, LF or CRLF), independently of how the project writes it. */
export function parseCsv(text: string): Record<string, string>[] {
  const lines: string[][] = [[]];
  const pattern = /(?:"((?:[^"]|"")*)"|([^,"\r\n]*))(,|\r?\n|$)/gy;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    lines.at(-1)?.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') break;
    if (match[3] === ',') continue;
    if (pattern.lastIndex === text.length) break;
    lines.push([]);
  }
  const [header = [], ...rows] = lines;
  return rows.map((row) =>
    Object.fromEntries(header.map((column, index) => [column, row[index] ?? ''])),
  );
}
