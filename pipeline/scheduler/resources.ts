/** CPUs, memory and GPUs of a run, of which nodes take their share. */

import type { Resources, StageResources } from '../pipeline-file/types.ts';

/** One of the things that nodes occupy. */
export type ResourceKind = keyof Resources;

const KINDS: readonly ResourceKind[] = ['cpus', 'memoryBytes', 'gpus'];

/** What of a share is more than nothing. */
export function takesOf(share: Resources): ResourceKind[] {
  return KINDS.filter((kind) => share[kind] > 0);
}

/** The most CPUs that a node may have of those that there are. */
export function mostCpusOf({ mostCpus }: StageResources, total: number): number {
  return Math.min(mostCpus ?? total, total);
}

/** What a machine offers, of which running nodes take their share. */
export class ResourcePool {
  readonly total: Resources;
  #free: { cpus: number; memoryBytes: number; gpus: number };

  constructor(total: Resources) {
    this.total = total;
    this.#free = { ...total };
  }

  /**
   * The share of a node: what it asks for, but never more CPUs or memory than there are, so that a
   * small machine runs a large stage alone.
   */
  shareOf(wanted: Resources): Resources {
    return {
      cpus: Math.min(wanted.cpus, this.total.cpus),
      memoryBytes: Math.min(wanted.memoryBytes, this.total.memoryBytes),
      gpus: wanted.gpus,
    };
  }

  /** What nobody has taken. */
  get free(): Resources {
    return this.#free;
  }

  /** Whether no CPU is free. */
  get isFull(): boolean {
    return this.#free.cpus < 1;
  }

  /** Of what too little is free for a share; nothing where it can be taken. */
  lacksFor(share: Resources): ResourceKind[] {
    return KINDS.filter((kind) => share[kind] > this.#free[kind]);
  }

  /** Takes a share if it is free now. */
  take(share: Resources): boolean {
    if (this.lacksFor(share).length > 0) return false;
    for (const kind of KINDS) this.#free[kind] -= share[kind];
    return true;
  }

  give(share: Resources): void {
    for (const kind of KINDS) this.#free[kind] += share[kind];
  }
}
