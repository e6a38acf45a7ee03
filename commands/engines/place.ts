/** Puts a finished package where Node finds it. */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Notes in a package's description which TensorFlow it was built for: `4.22.0+tensorflow.2.21.0`. What
 * was computed with it is named after this version.
 */
export function noteTensorFlow(folder: string, tensorflow: string): string {
  const path = join(folder, 'package.json');
  const description = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  // A version may hold only these characters after its plus sign.
  const build = tensorflow.replace(/[^0-9A-Za-z.-]/g, '-');
  const version = `${String(description['version'])}+tensorflow.${build}`;
  writeFileSync(path, `${JSON.stringify({ ...description, version }, null, 2)}\n`);
  return version;
}

/** Moves a folder to its place by renaming it; what is there goes to `aside` first. */
export function placeFolder(folder: string, target: string, aside: string): void {
  mkdirSync(dirname(target), { recursive: true });
  const isReplaced = existsSync(target);
  if (isReplaced) renameSync(target, aside);
  try {
    renameSync(folder, target);
  } catch (error) {
    if (isReplaced) renameSync(aside, target);
    throw error;
  }
}
