/** A private folder in which an installation is put together; whatever happens, it goes. */

import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Shell } from 'rederive/contract';

const PREFIX = '.tfjs-node-';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The folder, what runs programs, and what is aborted with the signal's name when the process is asked to end. */
export interface Staging {
  readonly $: Shell;
  readonly folder: string;
  readonly signal: AbortSignal;
}

/**
 * Does some work in a new folder inside `modules`, thus on its file system, and removes that folder
 * afterwards: when the work is done, when it fails and when the process is asked to end. What a killed
 * process of this host left is removed first.
 */
export async function withStaging<T>(
  $: Shell,
  modules: string,
  work: (staging: Staging) => Promise<T>,
): Promise<T> {
  mkdirSync(modules, { recursive: true });
  removeOrphans(modules);
  const nonce = randomBytes(8).toString('hex');
  const folder = join(modules, `${PREFIX}${hostname()}-${process.pid}-${nonce}`);
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals) => controller.abort(signal);
  for (const name of SIGNALS) process.on(name, stop);
  try {
    mkdirSync(folder);
    return await work({ $, folder, signal: controller.signal });
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    for (const name of SIGNALS) process.off(name, stop);
  }
}

function removeOrphans(modules: string): void {
  for (const name of readdirSync(modules).filter((each) => each.startsWith(PREFIX))) {
    const match = /^(.*)-(\d+)-[0-9a-f]{16}$/.exec(name.slice(PREFIX.length));
    // In a container this process may have the number of a dead one.
    const pid = Number(match?.[2]);
    const isOrphan = match?.[1] === hostname() && (pid === process.pid || !isAlive(pid));
    if (isOrphan) rmSync(join(modules, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
