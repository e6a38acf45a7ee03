/** Tells of a training for which its stage reserves less memory than it takes. */

import type { StageContext } from 'rederive/contract';
import { say } from './progress.ts';

const KILOBYTE = 1024;
const MEGABYTE = 1e6;

/** Looks at the most memory that this process has had, and warns once where less is reserved for it. */
export class MemoryWatch {
  readonly #context: Pick<StageContext, 'memory' | 'emit'>;
  #hasWarned = false;

  constructor(context: Pick<StageContext, 'memory' | 'emit'>) {
    this.#context = context;
  }

  /** Between two epochs, and at the end. */
  look(): void {
    const { memory, emit } = this.#context;
    const peak = process.resourceUsage().maxRSS * KILOBYTE;
    if (this.#hasWarned || memory === null || peak <= memory) return;
    this.#hasWarned = true;
    const [taken, reserved] = [peak, memory].map((bytes) => `${Math.ceil(bytes / MEGABYTE)}MB`);
    say(
      emit,
      `Takes ${taken} of memory, and resources of its stage in pipeline.yaml reserve ${reserved}: ` +
        'raise memory there, lest more run side by side than there is memory for',
      'warning',
    );
  }
}
