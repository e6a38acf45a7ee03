/** What runs on nodes, kept beside the jobs, on the disk that they share. */

import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeNonce } from '../system/nonce.ts';
import type { JobsLayout } from './jobs-layout.ts';

const ENTRY = 'job-entry.mjs';
const WORKER = 'worker.mjs';

/**
 * Copies the program of jobs and its worker, so that an upgrade leaves queued jobs alone.
 *
 * @param workerPath the compiled worker, beside which the program of jobs is; null where a run submits
 * nothing and only follows
 */
export function keepProgram(
  workerPath: string | null,
  jobs: JobsLayout,
): { readonly entry: string; readonly worker: string } {
  const names = workerPath === null ? [] : [ENTRY, WORKER];
  const from = dirname(workerPath ?? '');
  const hash = createHash('sha256');
  for (const name of names) hash.update(readFileSync(join(from, name)));
  const folder = jobs.program(hash.digest('hex').slice(0, 16));
  for (const name of names) {
    if (existsSync(join(folder, name))) continue;
    mkdirSync(folder, { recursive: true });
    const aside = join(folder, `${name}.${makeNonce()}`);
    copyFileSync(join(from, name), aside);
    renameSync(aside, join(folder, name));
  }
  return { entry: join(folder, ENTRY), worker: join(folder, WORKER) };
}
