/** CPUs, memory and GPUs of a run, of which nodes take their share; and places for jobs of a cluster. */

import type { Resources, StageResources, StageSpec } from '../pipeline-file/types.ts';

/** What a node holds: of this machine, or one of the places for jobs that run elsewhere. */
export interface Holding extends Resources {
  /** Absent for none. */
  readonly jobs?: number;
}

/** One of the things that nodes occupy. */
export type ResourceKind = keyof Holding;

/** Which stages run elsewhere, and how many of their nodes may be on their way at once. */
export interface JobPlaces {
  readonly most: number;
  readonly isJob: (stage: StageSpec) => boolean;
}

const KINDS: readonly ResourceKind[] = ['cpus', 'memoryBytes', 'gpus', 'jobs'];
const ONE_JOB: Holding = { cpus: 0, memoryBytes: 0, gpus: 0, jobs: 1 };
const NO_JOBS: JobPlaces = { most: 0, isJob: () => false };

/** What of a share is more than nothing. */
export function takesOf(share: Holding): ResourceKind[] {
  return KINDS.filter((kind) => (share[kind] ?? 0) > 0);
}

/** The most CPUs that a node may have of those that there are. */
export function mostCpusOf({ mostCpus }: StageResources, total: number): number {
  return Math.min(mostCpus ?? total, total);
}

/** What a machine offers, of which running nodes take their share. */
export class ResourcePool {
  readonly total: Resources;
  readonly jobs: JobPlaces;
  #free: { cpus: number; memoryBytes: number; gpus: number; jobs: number };

  constructor(total: Resources, jobs = NO_JOBS) {
    this.total = total;
    this.jobs = jobs;
    this.#free = { ...total, jobs: jobs.most };
  }

  /** How many nodes can be on their way at most, as each takes a CPU or a place for jobs. */
  get lanes(): number {
    return this.total.cpus + this.jobs.most;
  }

  /**
   * The share of a node: what it asks for, but never more CPUs or memory than there are, so that a
   * small machine runs a large stage alone. What runs elsewhere takes a place there alone.
   *
   * @param stage absent for one that runs here
   */
  shareOf(wanted: Resources, stage?: StageSpec): Holding {
    if (stage !== undefined && this.jobs.isJob(stage)) return ONE_JOB;
    return {
      cpus: Math.min(wanted.cpus, this.total.cpus),
      memoryBytes: Math.min(wanted.memoryBytes, this.total.memoryBytes),
      gpus: wanted.gpus,
    };
  }

  /** What nobody has taken. */
  get free(): Required<Holding> {
    return this.#free;
  }

  /** Whether no CPU is free, and no place for a job. */
  get isFull(): boolean {
    return this.#free.cpus < 1 && this.#free.jobs < 1;
  }

  /** Of what too little is free for a share; nothing where it can be taken. */
  lacksFor(share: Holding): ResourceKind[] {
    return KINDS.filter((kind) => (share[kind] ?? 0) > this.#free[kind]);
  }

  /** Takes a share if it is free now. */
  take(share: Holding): boolean {
    if (this.lacksFor(share).length > 0) return false;
    for (const kind of KINDS) this.#free[kind] -= share[kind] ?? 0;
    return true;
  }

  give(share: Holding): void {
    for (const kind of KINDS) this.#free[kind] += share[kind] ?? 0;
  }
}
