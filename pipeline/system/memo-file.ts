import { hash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeNonce } from './files.ts';

/** Bytes of the SHA-256 at the head of a memo. */
const HEAD = 32;

/**
 * The content of a memo: a file that may be lost at any time without harm to anything but speed.
 *
 * @returns null where it is absent, torn or damaged
 */
export function readMemo(path: string): Buffer | null {
  try {
    const bytes = readFileSync(path);
    const content = bytes.subarray(HEAD);
    const digest = hash('sha256', content, 'buffer');
    return bytes.length >= HEAD && digest.equals(bytes.subarray(0, HEAD)) ? content : null;
  } catch {
    return null;
  }
}

/**
 * Replaces a memo. It is not flushed, because a digest tells a torn one from a sound one.
 *
 * @param asideFolder where it is put together, on the same file system
 */
export function writeMemo(path: string, content: string | Uint8Array, asideFolder: string): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  mkdirSync(asideFolder, { recursive: true });
  mkdirSync(dirname(path), { recursive: true });
  const aside = join(asideFolder, `${makeNonce()}.memo`);
  writeFileSync(aside, Buffer.concat([hash('sha256', bytes, 'buffer'), bytes]));
  renameSync(aside, path);
}
