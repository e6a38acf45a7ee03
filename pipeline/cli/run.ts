/** `pipeline run`: arguments → `runTargets` and the commands that follow. */

import type { WorkspaceOptions } from '../session/open-session.ts';
import { readSample } from '../session/read-settings.ts';
import { type EndedRun, type RunTargetsOptions, runTargets } from '../session/run-targets.ts';
import type { CommandHost } from '../session/workspace-commands.ts';
import type { Invocation } from './declare-command.ts';
import { type ConsoleOptions, openWithConsole } from './with-console.ts';

/** Options of `pipeline run`. */
export interface RunCommandOptions extends RunTargetsOptions, ConsoleOptions {
  readonly dryRun?: boolean;
}

/**
 * `pipeline run [targets]`, and the commands that follow it.
 *
 * @returns the exit code: 0 done, 1 a stage failed, 130 interrupted
 * @throws {UserMistakes} with what is wrong in the files and the arguments
 */
export async function runCommand(
  targets: readonly string[],
  options: RunCommandOptions,
  invocation: Invocation,
): Promise<number> {
  const { program, output } = invocation;
  if (options.dryRun === true) {
    readSample(options);
    const { planCommand } = await import('./plan.ts');
    return planCommand(targets, options, invocation);
  }
  const withConsole = openWithConsole(options, output);
  const ended = await runTargets(targets, options, program, withConsole);
  if (ended.end === 'interrupted') return 130;
  if (ended.end === 'pilot-failed') return 1;
  const followed = await followRun(ended, targets, options, invocation.host);
  return ended.end === 'failed' ? 1 : followed;
}

/**
 * Runs the commands that follow a run: after a failure too, for they may tell of it.
 *
 * @returns the first exit code but 0
 */
export async function followRun(
  ended: Omit<EndedRun, 'end'>,
  targets: readonly string[],
  { set = [], as: exploration, json, quiet }: WorkspaceOptions & ConsoleOptions,
  host: CommandHost,
): Promise<number> {
  if (Object.values(ended.spec.commands).every(({ after }) => after.length === 0)) return 0;
  const { runFollowers } = await import('../session/workspace-commands.ts');
  const isQuiet = json === true || quiet === true;
  return runFollowers(ended, { targets, settings: set, exploration, quiet: isQuiet }, host);
}
