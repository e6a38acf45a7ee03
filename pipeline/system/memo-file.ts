import { hash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeNonce } from './files.ts';

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
    const digest = hash('sha256', content, 'hex');
    const isSound = bytes.length >= HEAD && bytes.toString('hex', 0, HEAD) === digest;
    return isSound ? { content, digest } : null;
  } catch {
    return null;
  }
}

/**
 * Replaces a memo. It is not flushed, because a digest tells a torn one from a sound one.
 *
 * @param asideFolder where it is put together, on the same file system
 * @returns its digest
 */
export function writeMemo(path: string, content: string | Uint8Array, asideFolder: string): string {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const digest = hash('sha256', bytes, 'hex');
  replaceFile(path, Buffer.concat([Buffer.from(digest, 'hex'), bytes]), asideFolder);
  return digest;
}

/** Puts a file in the place of another, unflushed. @param asideFolder see {@link writeMemo} */
export function replaceFile(path: string, bytes: Uint8Array, asideFolder: string): void {
  mkdirSync(asideFolder, { recursive: true });
  mkdirSync(dirname(path), { recursive: true });
  const aside = join(asideFolder, `${makeNonce()}.memo`);
  writeFileSync(aside, bytes);
  renameSync(aside, path);
}
