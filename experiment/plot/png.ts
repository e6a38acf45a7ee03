/**
 * Writes PNG: small pictures from their pixels, and text into a picture. Source: Portable Network
 * Graphics (Third Edition), sections 5.3 (chunks), 11.2 (`IHDR`, `IDAT`) and 11.3.3.4 (`iTXt`).
 */

import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** The signature, then `IHDR`: length, type, 13 bytes, checksum. */
const HEADER_END = SIGNATURE.length + 4 + 4 + 13 + 4;

/**
 * Returns a picture of 8 bits a channel. Its pixels are stored without compression, which makes the
 * same bytes with every version of zlib.
 *
 * @param pixels - [height, width, 3]: red, green, blue, row by row
 */
export function encodePng(pixels: Uint8Array, width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Bits a channel, colours without alpha; compression, filters and interlacing as usual.
  header.set([8, 2, 0, 0, 0], 8);
  const stride = 3 * width;
  // Each row begins with the number of its filter, 0 for none.
  const rows = Buffer.alloc(height * (stride + 1));
  for (let y = 0; y < height; y += 1) {
    rows.set(pixels.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  }
  return Buffer.concat([
    SIGNATURE,
    makeChunk('IHDR', header),
    makeChunk('IDAT', deflateSync(rows, { level: 0 })),
    makeChunk('IEND', Buffer.alloc(0)),
  ]);
}

/**
 * Returns the picture with a text in it, uncompressed, before its pixels.
 *
 * @param keyword - 1 to 79 letters of ASCII, by which programs find the text
 */
export function addPngText(png: Uint8Array, keyword: string, text: string): Uint8Array {
  // Keyword, its end, not compressed (2 bytes), no language, no translated keyword.
  const data = Buffer.from(`${keyword}\0\0\0\0\0${text}`, 'utf8');
  return Buffer.concat([
    png.subarray(0, HEADER_END),
    makeChunk('iTXt', data),
    png.subarray(HEADER_END),
  ]);
}

function makeChunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
