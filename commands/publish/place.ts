/** Puts a publication in its place. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fail } from '../../experiment/data/failure.ts';
import { listForeignFiles, type PublishedFile } from './publication.ts';

/** Fails where a folder holds what no publication put there, and would be lost. */
export function refuseForeignFiles(folder: string): void {
  const foreign = listForeignFiles(folder);
  if (foreign.length === 0) return;
  const more = foreign.length > 5 ? ` and ${foreign.length - 5} more` : '';
  fail(
    `${folder} holds files that are not of a publication: ${foreign.slice(0, 5).join(', ')}${more}; ` +
      'name a new or empty folder, or one that pipeline publish made',
  );
}

/**
 * Replaces a folder by these files: all are written beside it first, so that it holds the old or the
 * new publication, never a mixture.
 *
 * @throws StageFailure where the folder holds other things; the system's error where it cannot be
 * replaced
 */
export async function placeFiles(folder: string, files: readonly PublishedFile[]): Promise<void> {
  const aside = `${folder}.${process.pid}.new`;
  const old = `${folder}.${process.pid}.old`;
  try {
    for (const { path, content } of files) {
      const target = join(aside, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
    }
    refuseForeignFiles(folder);
    const replaces = existsSync(folder);
    if (replaces) await rename(folder, old);
    try {
      await rename(aside, folder);
    } catch (error) {
      if (replaces) await rename(old, folder);
      throw error;
    }
    await rm(old, { recursive: true, force: true });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/**
 * Fails where a path is taken by what no publication put there.
 *
 * @param mark how a file ends that a publication put there
 */
export function refuseForeignFile(path: string, mark: string): void {
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) {
    fail(`${path} is a folder; name a file, such as ${path}/report.html`);
  }
  if (readFileSync(path, 'utf8').endsWith(mark)) return;
  fail(`${path} is not of a publication, and would be lost; name a new file`);
}

/** Puts a text in the place of a file in one step. @throws the system's error where the disk does not take it */
export async function layFile(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}.new`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(aside, text);
    await rename(aside, path);
  } finally {
    await rm(aside, { force: true });
  }
}
