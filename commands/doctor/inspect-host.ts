/** What kind of machine this is. */

import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, freemem, platform, release, totalmem } from 'node:os';

/** The machine and the Node that this process runs on; memory in bytes. */
export interface HostReport {
  readonly node: string;
  readonly platform: string;
  readonly processor: string;
  readonly cores: number;
  /** The widest vector instructions; null where they are not known. */
  readonly vectors: string | null;
  /** How many threads work at once here. */
  readonly threads: number;
  readonly memory: { readonly total: number; readonly free: number };
}

/** Looks at the machine; the number of threads heeds a container's or a job's limit. */
export function inspectHost(): HostReport {
  const processors = cpus();
  return {
    node: process.version.slice(1),
    platform: `${platform()} ${release()}, ${arch()}`,
    processor: processors[0]?.model.trim() || 'unknown',
    cores: processors.length,
    vectors: findVectors(),
    threads: availableParallelism(),
    memory: { total: totalmem(), free: freemem() },
  };
}

function findVectors(): string | null {
  if (arch() === 'arm64') return 'NEON';
  try {
    const flags = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' ');
    const names = { avx512f: 'AVX-512', avx2: 'AVX2', avx: 'AVX', sse4_2: 'SSE4.2' };
    return Object.entries(names).find(([flag]) => flags?.includes(flag))?.[1] ?? null;
  } catch {
    return null;
  }
}
