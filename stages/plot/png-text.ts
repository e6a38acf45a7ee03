/**
 * Writes text into a PNG. Source: Portable Network Graphics (Third Edition), sections 5.3 (chunks)
 * and 11.3.3.4 (`iTXt`).
 */

import { crc32 } from 'node:zlib';

/** The signature of 8 bytes, then `IHDR`: length, type, 13 bytes, checksum. */
const HEADER_END = 8 + 4 + 4 + 13 + 4;

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
