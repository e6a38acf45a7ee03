/**
 * Names on disk as text and back: Linux lets a name be any bytes, and none may be lost or confused.
 */

import { type PathLike, readdirSync, readlinkSync } from 'node:fs';

/*
 * Names of files are bytes, and need not be UTF-8. In a path of this program a lone surrogate
 * U+DC80–U+DCFF stands for one byte 80–FF that is not part of a character, as in Python's
 * `surrogateescape`: every name has exactly one text, JSON keeps it, and no UTF-8 name looks like it.
 */

/** What Node puts in a text for bytes that are not UTF-8. */
const REPLACEMENT = '\uFFFD';
const LONE = /[\uDC80-\uDCFF]/u;
const LONE_BASE = 0xdc00;
/** How many bytes a character has, by its first one: up to the key's. */
const LENGTHS = [
  [0x7f, 1],
  [0xdf, 2],
  [0xef, 3],
  [0xf7, 4],
] as const;

/** The text of a name or path that is given as bytes. */
export function decodeName(bytes: Buffer): string {
  const plain = bytes.toString('utf8');
  if (!plain.includes(REPLACEMENT)) return plain;
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0;
    const length = LENGTHS.find(([most]) => first <= most)?.[1] ?? 1;
    const piece = bytes.subarray(at, at + length);
    const character = piece.toString('utf8');
    const isCharacter = Buffer.from(character).equals(piece);
    text += isCharacter ? character : String.fromCharCode(LONE_BASE + first);
    at += isCharacter ? length : 1;
  }
  return text;
}

/** Whether a path has bytes that are not UTF-8, so that it must go through {@link nativePath}. */
export function hasOddBytes(path: string): boolean {
  return LONE.test(path);
}

/** A path as the functions of `node:fs` take it: as bytes where it is not UTF-8. */
export function nativePath(path: string): string | Buffer {
  if (!LONE.test(path)) return path;
  return Buffer.concat(
    Array.from(path, (character) =>
      LONE.test(character)
        ? Buffer.of((character.codePointAt(0) ?? 0) - LONE_BASE)
        : Buffer.from(character),
    ),
  );
}

/** The names in a folder, as texts that {@link nativePath} turns back into bytes. */
export function readNames(folder: string): string[] {
  const path = nativePath(folder);
  const names = readdirSync(path, 'utf8');
  if (!names.some((name) => name.includes(REPLACEMENT))) return names;
  return readdirSync(path, 'buffer').map(decodeName);
}

/** What a symbolic link points to, as a text like those of {@link readNames}. */
export function readTarget(link: string): string {
  return decodeName(readlinkSync(nativePath(link) satisfies PathLike, 'buffer'));
}

/** A name or path as it can be shown: bytes that are not UTF-8 as `\xE9`. */
export function showName(path: string): string {
  if (!LONE.test(path)) return path;
  return path.replace(/[\uDC80-\uDCFF]/gu, (lone) => {
    const byte = (lone.codePointAt(0) ?? 0) - LONE_BASE;
    return `\\x${byte.toString(16).toUpperCase()}`;
  });
}
