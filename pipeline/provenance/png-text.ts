/** The text chunk of a PNG in which a figure carries its provenance. */

const SIGNATURE = '\x89PNG\r\n\x1a\n';
/** Length, type and checksum of a chunk. */
const FRAME = 12;

/**
 * The text of a PNG's uncompressed `iTXt` chunk with a keyword; null where there is none, or the bytes
 * are no PNG. Source: Portable Network Graphics (Third Edition), sections 5.3 and 11.3.3.4.
 */
export function readPngText(png: Buffer, keyword: string): string | null {
  if (png.toString('latin1', 0, SIGNATURE.length) !== SIGNATURE) return null;
  const head = `${keyword}\0\0\0`;
  for (let at = SIGNATURE.length; at + FRAME <= png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    if (type === 'iTXt' && data.toString('latin1', 0, head.length) === head) {
      const languageEnd = data.indexOf(0, head.length);
      const keywordEnd = data.indexOf(0, languageEnd + 1);
      return languageEnd < 0 || keywordEnd < 0 ? null : data.toString('utf8', keywordEnd + 1);
    }
    at += FRAME + length;
  }
  return null;
}
