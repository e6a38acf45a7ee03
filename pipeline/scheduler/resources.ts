/** CPUs, memory and GPUs of a run, of which nodes take their share; and places for jobs of a cluster. */

import type { Resources, StageResources, StageSpec } from '../pipeline-file/types.ts';
import { Devices } from './devices.ts';

/** What a machine offers to a run. */
export interface Offer {
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Ids of GPUs. */
  readonly gpus: readonly string[];
}

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

const COUNTED = ['cpus', 'memoryBytes', 'jobs'] as const;
const KINDS: readonly ResourceKind[] = [...COUNTED, 'gpus'];
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
  readonly #free: { cpus: number; memoryBytes: number; jobs: number };
  #devices: Devices;

  constructor({ cpus, memoryBytes, gpus }: Offer, jobs = NO_JOBS) {
    this.total = { cpus, memoryBytes, gpus: gpus.length };
    this.jobs = jobs;
    this.#free = { cpus, memoryBytes, jobs: jobs.most };
    this.#devices = new Devices(gpus);
  }

  /** A pool of its own in which as much is free, but for the CPUs: for whoever tries what would fit. */
  copyWith(cpus: number): ResourcePool {
    const copy = new ResourcePool({ ...this.total, gpus: [] }, this.jobs);
    Object.assign(copy.#free, this.#free, { cpus });
    copy.#devices = this.#devices.copy();
    return copy;
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

  /** How many CPUs nobody has taken. */
  get freeCpus(): number {
    return this.#free.cpus;
  }

  /** Whether no CPU is free, and no place for a job. */
  get isFull(): boolean {
    return this.#free.cpus < 1 && this.#free.jobs < 1;
  }

  /** Of what too little is free for a share; nothing where it can be taken. */
  lacksFor(share: Holding): ResourceKind[] {
    return KINDS.filter((kind) =>
      kind === 'gpus'
        ? this.#devices.find(share.gpus) === null
        : (share[kind] ?? 0) > this.#free[kind],
    );
  }

  /**
   * Takes a share if it is free now.
   *
   * @param gpus ids of GPUs that it is to have; absent for those that fit best
   * @returns ids of the GPUs that it has, wholly or in part; null where too little is free
   * @throws Error where the GPUs that it is to have are not free: a bug of ours
   */
  take(share: Holding, gpus?: readonly string[]): readonly string[] | null {
    if (this.lacksFor(share).length > 0) return null;
    const found = gpus ?? this.#devices.find(share.gpus) ?? [];
    this.#devices.take(share.gpus, found);
    for (const kind of COUNTED) this.#free[kind] -= share[kind] ?? 0;
    return found;
  }

  /** @param gpus ids of the GPUs that the share has */
  give(share: Holding, gpus: readonly string[]): void {
    this.#devices.give(share.gpus, gpus);
    for (const kind of COUNTED) this.#free[kind] += share[kind] ?? 0;
  }
}
