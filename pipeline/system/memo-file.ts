/** Memos on disk: files with a digest of their own, that may be lost or torn without harm. */

import { hash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isErrorCode, isSystemError } from './errors.ts';
import { inFolder } from './files.ts';
import { movePath } from './move-path.ts';
import { makeNonce } from './nonce.ts';

/**
 * Names this program, as memos do whose content depends on it: the folder of the compiled program is
 * named after its sources.
 */
export const PROGRAM = dirname(fileURLToPath(import.meta.url));

/** Bytes of the SHA-256 at the head of a memo. */
const HEAD = 32;

/** The content of a memo, and its SHA-256 in hex, by which other memos can name it. */
export interface Memo {
  readonly content: Buffer;
  readonly digest: string;
}

/**
 * The content of a memo: a file that may be lost at any time without harm to anything but speed.
 *
 * @returns null where it is absent, torn or damaged
 */
export function readMemo(path: string): Memo | null {
  try {
    const bytes = readFileSync(path);
    const content = bytes.subarray(HEAD);
    const digest = digestMemo(content);
    const isSound = bytes.length >= HEAD && bytes.toString('hex', 0, HEAD) === digest;
    return isSound ? { content, digest } : null;
  } catch {
    return null;
  }
}

/**
 * The value of a memo of JSON, as {@link writeJsonMemo} wrote it.
 *
 * @returns undefined where the memo is absent, damaged, another one or another program's
 */
export function readJsonMemo(path: string): unknown {
  try {
    const memo = readMemo(path);
    if (memo === null) return undefined;
    const [program, name, value] = JSON.parse(memo.content.toString()) as unknown[];
    return program === PROGRAM && name === basename(path) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Replaces a memo of JSON, which is this program's alone.
 *
 * @param asideFolder see {@link writeMemo}
 * @throws a system error where the disk does not take it
 */
export function writeJsonMemo(path: string, value: unknown, asideFolder: string): void {
  writeMemo(path, JSON.stringify([PROGRAM, basename(path), value]), asideFolder);
}

/**
 * Writes what saves time only: where the disk does not take it, nothing is kept and nothing is
 * said.
 *
 * @throws what is no error of the system
 */
export function keepIfPossible(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}

/**
 * Replaces a memo. It is not flushed, because a digest tells a torn one from a sound one.
 *
 * @param asideFolder where it is put together
 * @param digest see {@link digestMemo}
 * @throws a system error where the disk does not take it
 */
export function writeMemo(
  path: string,
  content: string | Uint8Array,
  asideFolder: string,
  digest = digestMemo(content),
): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  replaceFile(path, [Buffer.from(digest, 'hex'), bytes], asideFolder);
}

/** The digest by which other memos can name one, see {@link Memo}. */
export function digestMemo(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex');
}

/**
 * Puts a file in the place of another, unflushed.
 *
 * @param parts what it holds, one after the other: they are large, and not put together before
 * @param asideFolder see {@link writeMemo}
 * @throws a system error where the disk does not take it
 */
export function replaceFile(path: string, parts: readonly Uint8Array[], asideFolder: string): void {
  mkdirSync(asideFolder, { recursive: true });
  mkdirSync(dirname(path), { recursive: true });
  const aside = join(asideFolder, `${makeNonce()}.memo`);
  const file = openSync(aside, 'w');
  try {
    for (const part of parts) writeFileSync(file, part);
  } finally {
    closeSync(file);
  }
  movePath(aside, path);
}

/**
 * Appends to a file of lines. Another user's, to which this one may not write, is replaced by a copy of
 * one's own with the lines, where the folder allows that.
 *
 * @param asideFolder see {@link writeMemo}
 * @throws a system error where the disk takes neither the lines nor a copy
 */
export function appendLines(path: string, text: string, asideFolder: string): void {
  try {
    inFolder(dirname(path), () => appendFileSync(path, text));
  } catch (error) {
    if (!isErrorCode(error, 'EACCES', 'EPERM')) throw error;
    replaceFile(path, [readFileSync(path), Buffer.from(text)], asideFolder);
  }
}
