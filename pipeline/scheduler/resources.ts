import type { Resources } from '../spec/types.ts';

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

  /** Takes a share if it is free now. */
  take(share: Resources): boolean {
    const free = this.#free;
    if (share.cpus > free.cpus || share.memoryBytes > free.memoryBytes || share.gpus > free.gpus) {
      return false;
    }
    this.#free = {
      cpus: free.cpus - share.cpus,
      memoryBytes: free.memoryBytes - share.memoryBytes,
      gpus: free.gpus - share.gpus,
    };
    return true;
  }

  give(share: Resources): void {
    this.#free = {
      cpus: this.#free.cpus + share.cpus,
      memoryBytes: this.#free.memoryBytes + share.memoryBytes,
      gpus: this.#free.gpus + share.gpus,
    };
  }
}
