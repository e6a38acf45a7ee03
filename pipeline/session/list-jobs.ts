/** `attach`, before it goes on: the jobs of a workspace, and the runs that left them. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type DetachedRun, listDetachedRuns } from '../slurm/detached-runs.ts';
import { findState, type JobState, nameTask } from '../slurm/job-states.ts';
import { JobJournal } from '../slurm/journal.ts';
import { SlurmClient } from '../slurm/slurm-client.ts';
import { makeSlurmEnvironment } from '../slurm/slurm-environment.ts';
import type { StateLayout } from '../system/layout.ts';
import { ownerState } from '../system/owner.ts';
import { withLayout } from './open-layout.ts';

/** A job of a workspace. */
interface ListedJob {
  readonly node: string;
  /** What Slurm calls it; null where that is not known. */
  readonly job: string | null;
  /** What Slurm says of it, or `ENDED` where it has left its exit file; null where Slurm says nothing. */
  readonly state: string | null;
  /** In milliseconds since the epoch. */
  readonly submittedAt: number;
}

/** A run that may have left jobs. */
export interface ListedRun extends DetachedRun {
  /** Whether its process is there. */
  readonly process: 'alive' | 'gone' | 'unknown';
}

/** What there is to attach to. */
export interface ListedJobs {
  /** The latest first. */
  readonly runs: readonly ListedRun[];
  readonly jobs: readonly ListedJob[];
  /** Why Slurm could not be asked; null where it could. */
  readonly silence: string | null;
}

/**
 * The jobs of a workspace and the runs that left them.
 *
 * @throws {UserMistakes} where there is no workspace
 */
export function listJobs(directory: string | undefined): Promise<ListedJobs> {
  return withLayout(directory, undefined, async (layout) => {
    const runs = listDetachedRuns(layout).map((run): ListedRun => {
      return { ...run, process: ownerState(run.owner, layout.owner) };
    });
    return { runs, ...(await askStates(layout)) };
  });
}

async function askStates(layout: StateLayout): Promise<Pick<ListedJobs, 'jobs' | 'silence'>> {
  const journal = new JobJournal(layout);
  const entries = journal.list();
  const tasks = entries.map((entry) => journal.taskOf(entry));
  const times = entries.map(({ batch }) => journal.batch(batch)?.submittedAt ?? Date.now());
  let silence: string | null = null;
  let states: ReadonlyMap<string, JobState> = new Map();
  const known = tasks.filter((task) => task !== null);
  if (known.length > 0) {
    const client = new SlurmClient(makeSlurmEnvironment(process.env));
    try {
      states = await client.ask(known, Math.min(...times));
    } catch (error) {
      silence = error instanceof Error ? error.message : String(error);
    }
  }
  const jobs = entries.map(({ node, batch, index }, i): ListedJob => {
    const task = tasks[i] ?? null;
    const hasEnded = existsSync(join(journal.layout.batch(batch).ended, `${index}.json`));
    const said = task === null ? undefined : findState(states, task);
    return {
      node,
      job: task === null ? null : nameTask(task),
      state: hasEnded ? 'ENDED' : (said?.state ?? null),
      submittedAt: times[i] ?? 0,
    };
  });
  return { jobs: jobs.sort((a, b) => (a.node < b.node ? -1 : 1)), silence };
}
