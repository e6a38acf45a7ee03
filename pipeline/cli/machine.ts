import { readdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { ResourcePool } from '../scheduler/resources.ts';
import { UserMistakes } from './mistakes.ts';

/** Share of the machine's memory that stages may reserve together. */
const MEMORY_SHARE = 0.9;

/** What this machine offers to a run that may use some of its CPUs. */
export function openMachinePool(jobs: number): ResourcePool {
  return new ResourcePool({
    cpus: jobs,
    memoryBytes: totalmem() * MEMORY_SHARE,
    gpus: countGpus(),
  });
}

/** The value of `--jobs`. @throws {UserMistakes} where it is no number of CPUs */
export function parseJobs(text: string | undefined): number {
  if (text === undefined || text === 'auto') return availableParallelism();
  const jobs = Number(text);
  if (Number.isInteger(jobs) && jobs > 0) return jobs;
  throw new UserMistakes(
    [
      {
        code: 'bad-argument',
        message: `"${text}" is no number of CPUs`,
        location: { file: '--jobs', line: 1, column: 1 },
        expected: `a whole number from 1, or auto (${availableParallelism()} on this machine)`,
      },
    ],
    new Map(),
  );
}

/** NVIDIA devices of this machine, by their device files. */
function countGpus(): number {
  try {
    return readdirSync('/dev').filter((name) => /^nvidia\d+$/.test(name)).length;
  } catch {
    return 0;
  }
}
