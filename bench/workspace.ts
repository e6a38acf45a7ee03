/** A clone of a checkout to measure in, as a user has it: no cache, no results, nothing compiled. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fail } from '../experiment/data/failure.ts';

/**
 * Calls `act` with the folder of a temporary clone of the last commit of a checkout, and removes it.
 * Without `installs` the clone uses the packages of the checkout.
 *
 * @throws StageFailure where the folder is no checkout
 */
export async function withClone<Result>(
  { from, installs }: { readonly from: string; readonly installs: boolean },
  act: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-clone-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    const args = ['clone', '--quiet', '--shared', resolve(from), folder];
    const cloned = spawnSync('git', args, { encoding: 'utf8' });
    if (cloned.status !== 0)
      fail(`cannot clone ${from}: ${cloned.stderr || cloned.error?.message}`);
    if (!installs) symlinkSync(join(resolve(from), 'node_modules'), join(folder, 'node_modules'));
    return await act(folder);
  } finally {
    process.off('exit', remove);
    remove();
  }
}

/** The file that starts the program of a checkout, an earlier one too. */
export function findProgram(checkout: string): string {
  const path = join(checkout, 'pipeline/bin/pipeline.js');
  // Until it had a package of its own.
  return existsSync(path) ? path : join(checkout, 'bin/pipeline.js');
}
