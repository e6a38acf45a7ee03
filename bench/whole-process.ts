/** Measures commands as a user runs them: whole processes, from their start to their end. */

import { spawnSync } from 'node:child_process';
import { StageFailure } from '../experiment/data/failure.ts';

/** What a command cost. */
export interface ProcessCost {
  readonly wall_ms: number;
  /** User and system time of the process and of those that it waited for; null where unknown. */
  readonly cpu_ms: number | null;
  /** The most memory that one of these processes held; null where unknown. */
  readonly peak_rss_mb: number | null;
}

/**
 * Node cannot tell the memory of a child that has ended, wait4 can; and a small process starts its
 * children faster than a large one.
 */
const WAITER = `
import json, os, subprocess, sys, time
start = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
wall = time.perf_counter() - start
unit = 1 if sys.platform == "darwin" else 1024
print(json.dumps([os.waitstatus_to_exitcode(status), wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000, usage.ru_maxrss * unit / 1e6]))
`;

/** Runs a command to its end. Fails where it does, with what it printed last. */
export function measureCommand(command: readonly string[], cwd: string): ProcessCost {
  const options = { cwd, encoding: 'utf8', maxBuffer: 1 << 28 } as const;
  const waited = spawnSync('python3', ['-c', WAITER, ...command], options);
  if (waited.error === undefined && waited.stdout !== '') {
    const [code, wall, cpu, memory] = JSON.parse(waited.stdout) as [number, number, number, number];
    if (code !== 0) throw describeEnd(command, code, waited.stderr);
    return { wall_ms: round(wall), cpu_ms: round(cpu), peak_rss_mb: round(memory) };
  }
  const [program = '', ...args] = command;
  const started = performance.now();
  const ended = spawnSync(program, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  const wall = performance.now() - started;
  if (ended.status !== 0) throw describeEnd(command, ended.status, ended.stderr);
  return { wall_ms: round(wall), cpu_ms: null, peak_rss_mb: null };
}

function describeEnd(command: readonly string[], code: number | null, stderr: string): Error {
  return new StageFailure(`${command.join(' ')} ended with ${code}:\n${stderr.slice(-2000)}`);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
