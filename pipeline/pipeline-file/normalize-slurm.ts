/** `slurm:` as the schema lets it pass → with defaults filled in. */

import { parseDuration } from './duration.ts';
import { readMemory } from './memory.ts';
import type { AxisValue, ClusterMachine, SlurmJobSpec, SlurmSpec } from './types.ts';

/** What a job asks for, in the shape that the schema guarantees. */
export interface RawSlurmJob {
  partition?: string;
  account?: string;
  qos?: string;
  constraint?: string;
  time?: string;
  options?: Record<string, AxisValue>;
}

/** The section, in the shape that the schema guarantees. */
export interface RawSlurm extends RawSlurmJob {
  queued?: number;
  throttle?: number;
  signal?: string;
  poll?: string;
  machine?: { cpus: number; memory?: string; gpus?: number };
  environment?: {
    modules?: string[];
    prologue?: string;
    image?: string;
    apptainer?: string[];
    node?: string;
  };
}

/** How runs use Slurm, where the file says nothing else. */
const DEFAULTS = { queued: 500, throttle: 100, signal: '60s', poll: '10s' };

/** The section of a file that the schema has let pass, with defaults filled in. */
export function normalizeSlurm(raw: RawSlurm): SlurmSpec {
  const { queued, throttle, signal, poll, machine, environment = {}, ...job } = raw;
  const { modules = [], prologue = null, image = null, apptainer = [], node = null } = environment;
  return {
    job: normalizeSlurmJob(job),
    machine: machine === undefined ? null : normalizeMachine(machine),
    queued: queued ?? DEFAULTS.queued,
    throttle: throttle ?? DEFAULTS.throttle,
    signalSeconds: parseDuration(signal ?? DEFAULTS.signal),
    pollSeconds: parseDuration(poll ?? DEFAULTS.poll),
    environment: { modules, prologue, image, apptainer, node },
  };
}

/** What one stage's jobs, or all, ask for. */
export function normalizeSlurmJob({ time, options = {}, ...rest }: RawSlurmJob): SlurmJobSpec {
  return { ...rest, ...(time === undefined ? {} : { timeSeconds: parseDuration(time) }), options };
}

function normalizeMachine({
  cpus,
  memory,
  gpus = 0,
}: NonNullable<RawSlurm['machine']>): ClusterMachine {
  return { cpus, memoryBytes: memory === undefined ? null : readMemory(memory), gpus };
}
