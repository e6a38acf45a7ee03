/** Where everything about jobs stands, under `.pipeline/jobs/` of a workspace on a shared disk. */

import { join } from 'node:path';
import type { StateLayout } from '../system/layout.ts';

/** The folder of jobs: what was submitted, what each is told, and what it leaves. */
export class JobsLayout {
  readonly root: string;
  /** Holds an entry for each work that a job is at. */
  readonly entries: string;

  /** @param state where all of the engine's own stands */
  constructor(state: StateLayout) {
    this.root = state.jobRoot;
    this.entries = state.jobEntries;
  }

  /** Which job is at some work: who would submit another, or runs it, goes by this. */
  entry(fingerprint: string): string {
    return join(this.entries, fingerprint.slice(0, 2), `${fingerprint}.json`);
  }

  /** The private folders of attempts that are jobs. */
  get attempts(): string {
    return join(this.root, 'attempts');
  }

  get batches(): string {
    return join(this.root, 'batches');
  }

  /** What one call of `sbatch` submitted, one task or an array of them. */
  batch(name: string): BatchLayout {
    return new BatchLayout(join(this.batches, name));
  }

  /** The program that runs on nodes, as it was when jobs were submitted. */
  program(key: string): string {
    return join(this.root, 'program', key);
  }

  /** Runs that may have left jobs behind. */
  get runs(): string {
    return join(this.root, 'runs');
  }
}

/** The folder of a batch. */
export class BatchLayout {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** What was submitted; written before it was. */
  get record(): string {
    return join(this.folder, 'batch.json');
  }

  get script(): string {
    return join(this.folder, 'script.sh');
  }

  /** What `sbatch` said: the id of the job, whether or not its caller lived to read it. */
  get answer(): string {
    return join(this.folder, 'answer');
  }

  /** A file for each task that has begun, named after its index. */
  get started(): string {
    return join(this.folder, 'started');
  }

  /** The exit file of each task that is over, named after its index. */
  get ended(): string {
    return join(this.folder, 'ended');
  }

  /** What a task said before and after its stage, Slurm's own words among it. */
  said(index: number): string {
    return join(this.folder, `said-${index}`);
  }
}
