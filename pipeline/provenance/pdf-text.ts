/** Reads a text that a PDF says of itself, where its objects are not compressed, as in figures. */

/**
 * The literal string to which a key of a dictionary refers, such as that of the document's information;
 * null where there is none. Source: ISO 32000-1, sections 7.3.4.2 and 7.3.10.
 */
export function readPdfText(pdf: Buffer, key: string): string | null {
  if (!pdf.subarray(0, 5).equals(Buffer.from('%PDF-'))) return null;
  const text = pdf.toString('latin1');
  const [, object] = new RegExp(`/${key} (\\d+) 0 R`).exec(text) ?? [];
  const start = text.indexOf(`\n${object} 0 obj\n(`);
  if (object === undefined || start < 0) return null;
  const literal = /\(((?:[^\\()]|\\.)*)\)/sy;
  literal.lastIndex = text.indexOf('(', start);
  const [, escaped] = literal.exec(text) ?? [];
  if (escaped === undefined) return null;
  const bytes = Buffer.from(
    escaped.replace(/\\(.)/gs, (_, character: string) => ESCAPES[character] ?? character),
    'latin1',
  );
  // A text of other letters than Latin ones is UTF-16 with the greater byte first.
  return bytes[0] === 0xfe && bytes[1] === 0xff
    ? Buffer.from(bytes.subarray(2)).swap16().toString('utf16le')
    : bytes.toString('latin1');
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
};
