/** How much the machine lets a run use: CPUs, memory, open files. */

import { readFileSync } from 'node:fs';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { join } from 'node:path';

/** Share of the machine's memory that stages may reserve together. */
const MEMORY_SHARE = 0.9;

/** How many CPUs this process may keep busy: those it may run on, or fewer by its cgroup's quota. */
export function countCpus(): number {
  const quota = readCpuQuota('/');
  return Math.max(1, Math.min(availableParallelism(), Math.floor(quota ?? Infinity)));
}

/** Files that the engine itself has open at most: its loop, threads, compiler and what it flushes. */
const OWN_FILES = 44;
/** Files that the engine has open for each stage that runs: pipes to its process. */
const FILES_A_STAGE = 3;

/** How many files this process may have open, as Linux tells it; null where unknown. */
export function readFileLimit(root: string): number | null {
  const limits = readText(join(root, 'proc/self/limits')) ?? '';
  const [, limit] = /^Max open files\s+(\d+)\s/m.exec(limits) ?? [];
  return limit === undefined ? null : Number(limit);
}

/** How many stages can run at a time where so many files may be open: 0 where not even one can. */
export function countStages(fileLimit: number): number {
  return Math.max(0, Math.floor((fileLimit - OWN_FILES) / FILES_A_STAGE));
}

/** How much memory stages may take: what the cgroup allows or, without one, what is free now, as Linux tells it. */
export function measureMemory(system: NodeJS.Platform = process.platform): number {
  const total = totalmem();
  // Without a limit this is 0, or larger than the machine.
  const limit = process.constrainedMemory();
  const isLimited = limit > 0 && limit < total;
  if (isLimited) return limit * MEMORY_SHARE;
  // Elsewhere what the system would make free, such as its cache of files, does not count as free.
  return Math.min(total * MEMORY_SHARE, system === 'linux' ? freemem() : Infinity);
}

/**
 * The least CPU quota of this process's cgroup and those above it, in CPUs; null where there is none.
 * Needed for Node 20, whose own count knows nothing of quotas.
 *
 * @param root the root folder, for tests
 */
export function readCpuQuota(root: string): number | null {
  const quotas: number[] = [];
  for (const line of (readText(join(root, 'proc/self/cgroup')) ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const isV1 = controllers.split(',').includes('cpu');
    if (controllers !== '' && !isV1) continue;
    const mount = join(root, 'sys/fs/cgroup', isV1 ? 'cpu' : '');
    const steps = path.split('/').filter((step) => step !== '');
    for (let depth = steps.length; depth >= 0; depth--) {
      const folder = join(mount, ...steps.slice(0, depth));
      const quota = isV1
        ? divide(
            readText(join(folder, 'cpu.cfs_quota_us')),
            readText(join(folder, 'cpu.cfs_period_us')),
          )
        : divide(...splitPair(readText(join(folder, 'cpu.max'))));
      if (quota !== null) quotas.push(quota);
    }
  }
  return quotas.length === 0 ? null : Math.min(...quotas);
}

/** `200000 100000` → its two numbers; `max` stands for no quota. */
function splitPair(text: string | null): [string | null, string | null] {
  const [quota = null, period = null] = text?.trim().split(' ') ?? [];
  return [quota, period];
}

function divide(quota: string | null, period: string | null): number | null {
  const value = Number(quota) / Number(period);
  return quota !== null && period !== null && value > 0 && Number.isFinite(value) ? value : null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
