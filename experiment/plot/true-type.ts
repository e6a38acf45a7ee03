/**
 * Reads the advance widths of a TrueType font: as much of the format as measuring a line of text
 * takes. Source: the OpenType specification, tables `head`, `hhea`, `hmtx` and `cmap` (format 4).
 */

/** The width of the text at a font size of 1, without kerning. */
export type MeasureText = (text: string) => number;

/**
 * Returns a function that measures text set in the font. A character that the font lacks is as wide
 * as its `.notdef` glyph.
 *
 * @throws Error where the bytes are not a TrueType font with a Unicode `cmap` of format 4.
 */
export function readAdvanceWidths(bytes: Uint8Array): MeasureText {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const unitsPerEm = view.getUint16(findTable(view, 'head') + 18);
  const longMetrics = view.getUint16(findTable(view, 'hhea') + 34);
  const metrics = findTable(view, 'hmtx');
  const findGlyph = readCharacterMap(view, findTable(view, 'cmap'));
  // Glyphs from `longMetrics` on share the last advance width.
  const measureGlyph = (glyph: number) =>
    view.getUint16(metrics + 4 * Math.min(glyph, longMetrics - 1));

  return (text) => {
    let units = 0;
    for (const character of text) units += measureGlyph(findGlyph(character.codePointAt(0) ?? 0));
    return units / unitsPerEm;
  };
}

function findTable(view: DataView, tag: string): number {
  const tables = view.getUint16(4);
  for (let record = 12; record < 12 + 16 * tables; record += 16) {
    if (readTag(view, record) === tag) return view.getUint32(record + 8);
  }
  throw new Error(`the font has no table '${tag}'`);
}

function readTag(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
}

/** Returns the glyph of a code point in the Basic Multilingual Plane, 0 (`.notdef`) elsewhere. */
function readCharacterMap(view: DataView, cmap: number): (codePoint: number) => number {
  const subtable = findFormat4(view, cmap);
  const doubledSegments = view.getUint16(subtable + 6);
  const ends = subtable + 14;
  const starts = ends + doubledSegments + 2;
  const deltas = starts + doubledSegments;
  const rangeOffsets = deltas + doubledSegments;

  return (codePoint) => {
    for (let i = 0; i < doubledSegments; i += 2) {
      if (codePoint > view.getUint16(ends + i)) continue;
      const start = view.getUint16(starts + i);
      if (codePoint < start) return 0;
      const delta = view.getUint16(deltas + i);
      const rangeOffset = view.getUint16(rangeOffsets + i);
      if (rangeOffset === 0) return (codePoint + delta) & 0xffff;
      // The offset counts from the place where it is stored.
      const glyph = view.getUint16(rangeOffsets + i + rangeOffset + 2 * (codePoint - start));
      return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
    }
    return 0;
  };
}

function findFormat4(view: DataView, cmap: number): number {
  const subtables = view.getUint16(cmap + 2);
  for (let record = cmap + 4; record < cmap + 4 + 8 * subtables; record += 8) {
    const subtable = cmap + view.getUint32(record + 4);
    if (view.getUint16(subtable) === 4) return subtable;
  }
  throw new Error('the font has no character map of format 4');
}
