/** One file from store to workspace or back: a reflink or a copy, hashed on the way. */

import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type Digest, hashBytes } from '../fingerprint/canonical.ts';
import { isErrorCode } from '../system/errors.ts';
import { setMode } from '../system/kept-modes.ts';
import { removePath } from '../system/remove-path.ts';

/** Up to this size a file is copied at once; a larger one in pieces, beside whatever else is done. */
const SMALL = 1 << 20;
const PRIVATE = 0o600;

/**
 * Copies a file to a path that does not exist yet, by reflink where the disk can, and hashes its bytes
 * on the way. The copy is a file of its own, on no inode that anything else has. It is its owner's alone, since
 * who else may have it is for the caller to say.
 *
 * @param source
 * @param target
 * @param digest what the bytes are to have
 * @returns whether they had it; where not, there is no copy
 * @throws where the source cannot be read or the target not be made
 */
export async function copyVerified(
  source: string,
  target: string,
  digest: Digest,
): Promise<boolean> {
  const fd = openSync(source, 'r');
  try {
    const isSmall = fstatSync(fd).size <= SMALL;
    if (isSmall) {
      const bytes = readFileSync(fd);
      if (hashBytes(bytes) !== digest) return false;
      writeFileSync(target, bytes, { flag: 'wx', mode: PRIVATE });
      return true;
    }
  } finally {
    closeSync(fd);
  }
  try {
    const found = reflink(source, target)
      ? await hashSlowly(target)
      : await copySlowly(source, target);
    if (found !== digest) removePath(target);
    return found === digest;
  } catch (error) {
    removePath(target);
    throw error;
  }
}

/** A copy that shares its blocks until one is written to; false where the disk has no such thing. */
function reflink(source: string, target: string): boolean {
  closeSync(openSync(target, 'wx', PRIVATE));
  try {
    copyFileSync(source, target, constants.COPYFILE_FICLONE_FORCE);
    setMode(target, PRIVATE);
    return true;
  } catch (error) {
    removePath(target);
    if (isErrorCode(error, 'ENOENT', 'ENOSPC', 'EDQUOT')) throw error;
    return false;
  }
}

async function copySlowly(source: string, target: string): Promise<string> {
  const to = await open(target, 'wx', PRIVATE);
  try {
    return await readPieces(source, async (piece) => {
      for (let done = 0; done < piece.length; ) {
        done += (await to.write(piece, done)).bytesWritten;
      }
    });
  } finally {
    await to.close();
  }
}

function hashSlowly(path: string): Promise<string> {
  return readPieces(path, async () => {});
}

/** Hands on the bytes of a file piece by piece. @returns their digest */
async function readPieces(
  path: string,
  take: (piece: Uint8Array) => Promise<void>,
): Promise<string> {
  const from: FileHandle = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(SMALL);
    for (;;) {
      const { bytesRead } = await from.read(buffer, 0, SMALL, null);
      if (bytesRead === 0) return hash.digest('hex');
      const piece = buffer.subarray(0, bytesRead);
      hash.update(piece);
      await take(piece);
    }
  } finally {
    await from.close();
  }
}
