/** Mixed runs: what runs here and what runs on a cluster, behind one executor; and jobs found that go on. */

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { defer } from '../executor/defer.ts';
import type { AttemptPlace, Executor, PlacedWork } from '../executor/executor.ts';
import type { StageSpec } from '../pipeline-file/types.ts';
import { makeNonce } from '../system/nonce.ts';
import { removeTemporary } from '../system/remove-path.ts';
import { type JobEntry, readEntry, readJobTask, TASK_FILE } from './job-files.ts';
import type { JobsLayout } from './jobs-layout.ts';
import type { JobJournal } from './journal.ts';
import type { SlurmExecutor } from './slurm-executor.ts';

/** What a mixed executor is made of. */
export interface MixedParts {
  readonly local: Executor;
  readonly jobs: JobsLayout;
  /** Which stages are submitted; none where a run only follows jobs that it finds. */
  readonly isJob: (stage: StageSpec) => boolean;
  /** Loads the rest with the first job. */
  readonly load: () => Promise<{ readonly executor: SlurmExecutor; readonly journal: JobJournal }>;
}

/**
 * Runs stages here or as jobs. Work that a job is at already is followed, never begun again, whichever
 * of the two a stage would go to.
 */
export function openSlurmExecutor({ local, jobs, isJob, load }: MixedParts): Executor {
  let loaded: ReturnType<MixedParts['load']> | undefined;
  const open = () => {
    loaded ??= load();
    return loaded;
  };
  const drops: Promise<void>[] = [];
  const drop = async (fingerprint: PlacedWork['fingerprint'], folder: string): Promise<void> => {
    const { executor, journal } = await open();
    const entry = journal.find(fingerprint);
    if (entry?.folder !== folder) return removeTemporary(folder);
    if (!hasEnded(entry, jobs)) executor.cancel(entry);
    journal.drop(entry);
  };
  return {
    place({ node, fingerprint }): AttemptPlace | null {
      const path = jobs.entry(fingerprint);
      const entry = existsSync(path) ? readEntry(path) : null;
      const task = entry === null ? null : readJobTask(join(entry.folder, TASK_FILE));
      if (entry === null && !isJob(node.stage)) return null;
      const isBegun = entry !== null && task !== null;
      const folder = isBegun ? entry.folder : join(jobs.attempts, makeNonce());
      return {
        folder,
        begun: isBegun ? { job: task.task.job, since: entry.since } : null,
        leave: (end) => {
          // Until it was written down nothing of it is on its way; whoever has it now needs the rest.
          if (end === 'over') drops.push(drop(fingerprint, folder));
        },
      };
    },
    start(request) {
      if (!request.taskPath.startsWith(`${jobs.attempts}/`)) return local.start(request);
      mkdirSync(jobs.attempts, { recursive: true });
      return defer(
        open().then(
          ({ executor }) =>
            () =>
              executor.start(request),
        ),
      );
    },
    close: async () => {
      await Promise.all(drops);
      await local.close();
    },
  };
}

function hasEnded({ batch, index }: JobEntry, jobs: JobsLayout): boolean {
  return existsSync(join(jobs.batch(batch).ended, `${index}.json`));
}
