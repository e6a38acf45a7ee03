/** Stamps of files and their one comparison: what all memos of files go by. */

import { type Stats, statSync } from 'node:fs';

/** Size, mtime, ctime and inode: together a memo key for what was read, never identity. */
export type FileStamp = readonly [size: number, mtimeMs: number, ctimeMs: number, inode: number];

/** Numbers of a stamp, where stamps stand packed in a column. */
export const STAMP_NUMBERS = 4;

/** The stamp of a file. */
export function stampOf(stats: Stats): FileStamp {
  return [stats.size, stats.mtimeMs, stats.ctimeMs, stats.ino];
}

/** The stamp of the file at a path, links followed; null where there is none. */
export function readStamp(path: string): FileStamp | null {
  const stats = statIfReadable(path);
  return stats === null ? null : stampOf(stats);
}

/** What is at a path, links followed; null where nothing is or it cannot be looked at. */
export function statIfReadable(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    // Who reads the file tells of it.
    return null;
  }
}

/** The stamp that begins at a number of a column of stamps. */
export function stampAt(numbers: ArrayLike<number>, at: number): FileStamp {
  return [numbers[at] ?? 0, numbers[at + 1] ?? 0, numbers[at + 2] ?? 0, numbers[at + 3] ?? 0];
}

/**
 * Whether a file has a stamp. The only place where stamps are compared.
 *
 * @param numbers a {@link FileStamp}, or a column of them
 * @param at where the stamp begins in the column
 */
export function hasStamp(stats: Stats, numbers: ArrayLike<number>, at = 0): boolean {
  return (
    numbers[at] === stats.size &&
    numbers[at + 1] === stats.mtimeMs &&
    numbers[at + 2] === stats.ctimeMs &&
    numbers[at + 3] === stats.ino
  );
}

/** Whether what is at a path is as it was when its stamp was read: also where nothing was, and nothing is. */
export function fitsStamp(stats: Stats | null, stamp: FileStamp | null): boolean {
  return stats === null || stamp === null ? stats === stamp : hasStamp(stats, stamp);
}
