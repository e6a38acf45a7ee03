import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A name that no other process picks. */
export function makeNonce(): string {
  return randomBytes(8).toString('hex');
}

/** Makes a file's bytes durable. */
export function syncFile(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Makes the names in a folder durable, where the platform can. */
export function syncFolder(path: string): void {
  try {
    syncFile(path);
  } catch (error) {
    // Windows cannot open a folder; some network file systems refuse to sync one.
    if (!isErrorCode(error, 'EPERM', 'EISDIR', 'EINVAL', 'EACCES')) throw error;
  }
}

/**
 * Writes a file so that any reader, at any moment and after a crash, finds the old content or the
 * new, never a part: aside, flushed, renamed.
 */
export function writeFileAtomic(path: string, content: string | Uint8Array): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  const aside = join(folder, `.${makeNonce()}.tmp`);
  const fd = openSync(aside, 'w');
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    fsyncSync(fd);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
  renameSync(aside, path);
  syncFolder(folder);
}

/** Removes a file or folder; nothing happens where there is none. */
export function removePath(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/** Whether an error is a system error with one of these codes (`ENOENT`, …). */
export function isErrorCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Whether an error came from the operating system (disk full, no permission, …). */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string';
}
