/** The jobs of a workspace in words. */

import { countOf } from '../../progress/units.ts';
import type { ListedJobs, ListedRun } from '../../session/list-jobs.ts';
import { setInColumns } from './print-table.ts';

/** The runs that left jobs, and the jobs with what Slurm says of them. */
export function formatJobs({ runs, jobs, silence }: ListedJobs): string {
  const lines = runs.map((run) => describeRunWithJobs(run));
  if (jobs.length === 0) lines.push('no jobs are on their way');
  else {
    lines.push(`${countOf(jobs.length, 'job')}:`);
    const rows = jobs.map(({ node, job, state, submittedAt }) => [
      node,
      job ?? 'unknown',
      state?.toLowerCase() ?? 'unknown',
      new Date(submittedAt).toISOString().slice(0, 19),
    ]);
    lines.push(...setInColumns([['node', 'job', 'state', 'submitted'], ...rows], []));
  }
  if (silence !== null) lines.push(`Slurm does not say how they are: ${silence}`);
  return `${lines.join('\n')}\n`;
}

function describeRunWithJobs({ targets, startedAt, process }: ListedRun): string {
  const what = targets.length === 0 ? 'everything' : targets.join(' ');
  const since = new Date(startedAt).toISOString().slice(0, 19);
  const who = process === 'alive' ? 'is followed by its process' : 'is followed by nobody here';
  return `the run of ${what} since ${since} ${who}`;
}
