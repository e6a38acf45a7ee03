/** `pipeline attach`: shows the jobs that go on, and takes up the run that left them. */

import { type ListedRun, listJobs } from '../session/list-jobs.ts';
import type { Invocation } from './declare-command.ts';
import { formatJobs } from './print/print-jobs.ts';
import { type RunCommandOptions, runCommand } from './run.ts';

/** Options of `pipeline attach`. */
export interface AttachOptions extends Pick<RunCommandOptions, 'json' | 'quiet' | 'onInterrupt'> {
  readonly directory?: string;
  readonly list?: boolean;
}

/**
 * `pipeline attach`: the run that was left last goes on as it was asked for.
 *
 * @returns the exit code, as of `run`
 * @throws {UserMistakes} with what is wrong in the files
 */
export async function attachCommand(
  { list, ...options }: AttachOptions,
  invocation: Invocation,
): Promise<number> {
  const { output } = invocation;
  const found = await listJobs(options.directory);
  if (options.json === true && list === true) output.print(`${JSON.stringify(found, null, 1)}\n`);
  else if (options.json !== true) output.print(formatJobs(found));
  const run = found.runs.find((one) => one.process !== 'alive');
  if (list === true || run === undefined) return 0;
  return runCommand(
    run.targets,
    { ...readOptions(run), ...options, executor: 'slurm' },
    invocation,
  );
}

/** The options of a run as they were noted, each of the type that it must have. */
function readOptions({ options }: ListedRun): RunCommandOptions {
  const text = (name: string) => {
    const value = options[name];
    return typeof value === 'string' ? { [name]: value } : {};
  };
  const texts = (name: string) => {
    const value = options[name];
    return Array.isArray(value) ? { [name]: value.map(String) } : {};
  };
  const flag = (name: string) => (options[name] === true ? { [name]: true } : {});
  return {
    ...text('profile'),
    ...text('as'),
    ...text('jobs'),
    ...text('gpus'),
    ...texts('set'),
    ...texts('slurm'),
    ...flag('keepGoing'),
    ...flag('offline'),
  };
}
