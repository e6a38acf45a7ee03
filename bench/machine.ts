/** What a measurement depends on besides the code: the machine, its load, versions. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { findBlockedSupport } from '../experiment/training/onnx/blocked/self-test.ts';
import { loadRuntime } from '../experiment/training/onnx/runtime.ts';

/** Told before any figure. */
export interface Machine {
  /** ISO 8601, UTC. */
  readonly date: string;
  readonly cpu: string;
  /** The widest vectors that the processor says it has; null where that is not known. */
  readonly vector: string | null;
  readonly cores: number;
  /** Processes that wanted to run, on average over the last minute. */
  readonly load: number;
  /** Channels in a block of onnxruntime's blocked convolution; null where it has none here. */
  readonly block: number | null;
  readonly node: string;
  readonly onnxruntime: string;
  /** Of this checkout, with a + where it was edited; null where git does not know. */
  readonly commit: string | null;
}

/** Looks at the machine as it is now. Fails where onnxruntime-node is not installed. */
export async function describeMachine(): Promise<Machine> {
  const require = createRequire(import.meta.url);
  const { version } = require('onnxruntime-node/package.json') as { version: string };
  const support = await findBlockedSupport(await loadRuntime({ threads: 1 }));
  return {
    date: new Date().toISOString().slice(0, 16).concat('Z'),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    vector: findVectors(),
    cores: availableParallelism(),
    load: Number((loadavg()[0] ?? 0).toFixed(2)),
    block: support.block,
    node: process.version,
    onnxruntime: version,
    commit: findCommit(new URL('..', import.meta.url).pathname),
  };
}

/** The commit that a folder is a checkout of, with a + where it was edited; null where it is none. */
export function findCommit(folder: string): string | null {
  const told = spawnSync('git', ['describe', '--always', '--dirty=+', '--exclude=*'], {
    cwd: folder,
    encoding: 'utf8',
  });
  return told.status === 0 ? told.stdout.trim() : null;
}

const VECTORS: readonly (readonly [flag: string, name: string])[] = [
  ['amx_tile', 'AVX-512 and AMX'],
  ['avx512f', 'AVX-512'],
  ['avx2', 'AVX2'],
  ['avx', 'AVX'],
  ['sve', 'SVE'],
  ['asimd', 'NEON'],
];

function findVectors(): string | null {
  let text = '';
  try {
    text = readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    // Not a Linux.
    return process.arch === 'arm64' ? 'NEON' : null;
  }
  const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1]?.trim().split(' '));
  return VECTORS.find(([flag]) => flags.has(flag))?.[1] ?? null;
}
