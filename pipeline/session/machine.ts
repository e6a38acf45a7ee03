/** Options and the machine → the resources that runs may take. */

import { countOf } from '../progress/units.ts';
import { type JobPlaces, ResourcePool } from '../scheduler/resources.ts';
import { findGpus } from '../system/gpus.ts';
import { countCpus, countStages, measureMemory, readFileLimit } from '../system/limits.ts';
import { badArgument, type UserMistakes } from './mistakes.ts';

/** Options of commands that run stages or foretell it: what they may use of this machine. */
export interface MachineOptions {
  readonly jobs?: string;
  readonly gpus?: string;
}

/** What of this machine a run may use. */
export interface Machine {
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Ids of GPUs as CUDA_VISIBLE_DEVICES names them. */
  readonly gpus: readonly string[];
  /** Why it runs fewer stages at a time than it was told to; null where it does not. */
  readonly restraint: string | null;
}

/** Reads the options and measures the machine. @throws {UserMistakes} where one cannot be read */
export function openMachine({ jobs, gpus }: MachineOptions): Machine {
  const wanted = parseJobs(jobs);
  const rest = { memoryBytes: measureMemory(), gpus: parseGpus(gpus) };
  const files = readFileLimit('/') ?? Infinity;
  const stages = countStages(files);
  if (stages === 0) throw refuseFileLimit(files);
  if (stages >= wanted) return { cpus: wanted, ...rest, restraint: null };
  const restraint = `no more than ${countOf(stages, 'stage')} at a time: this process may have only ${files} files open (ulimit -n)`;
  return { cpus: stages, ...rest, restraint };
}

function refuseFileLimit(files: number): UserMistakes {
  const message = `this process may have only ${files} files open, which is too few to run anything`;
  const expected = 'a limit of 64 at least, better 1024: ulimit -n 1024';
  return badArgument('ulimit -n', message, { expected });
}

/** All of a machine for runs to take from, and the places for jobs of a cluster. */
export function openPool(machine: Machine, jobs?: JobPlaces): ResourcePool {
  return new ResourcePool(machine, jobs);
}

function parseJobs(text: string | undefined): number {
  if (text === undefined || text === 'auto') return countCpus();
  const jobs = Number(text);
  if (Number.isInteger(jobs) && jobs > 0) return jobs;
  throw badArgument('--jobs', `"${text}" is no number of CPUs`, {
    expected: `a whole number from 1, or auto (${countCpus()} on this machine)`,
  });
}

function parseGpus(text: string | undefined): readonly string[] {
  if (text === undefined || text === 'auto') return findGpus(process.env);
  if (text === 'none') return [];
  const ids = text.split(',').map((id) => id.trim());
  if (ids.every((id) => id !== '') && new Set(ids).size === ids.length) return ids;
  throw badArgument('--gpus', `"${text}" is no list of GPUs`, {
    expected: 'ids with commas between them, each once, such as 0,1; or auto; or none',
  });
}
