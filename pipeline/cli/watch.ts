/** `pipeline watch`: arguments → `watchTargets`. */

import { type WatchTargetsOptions, watchTargets } from '../session/watch-targets.ts';
import type { Invocation } from './declare-command.ts';
import { followRun } from './run.ts';
import { type ConsoleOptions, openWithConsole } from './with-console.ts';

/** Options of `pipeline watch`. */
export interface WatchCommandOptions extends WatchTargetsOptions, ConsoleOptions {}

/**
 * `pipeline watch [targets]`: brings targets up to date, and again after each edit, until Ctrl-C.
 *
 * @returns the exit code: 130, whatever was going on; as with `run`, nobody waited for an end
 * @throws {UserMistakes} where the arguments are wrong; mistakes in files are shown, and waited on
 */
export async function watchCommand(
  targets: readonly string[],
  options: WatchCommandOptions,
  { program, output, host }: Invocation,
): Promise<number> {
  // What they print would stand amid what a watch shows.
  const quietly = { ...options, quiet: true };
  await watchTargets(targets, options, program, {
    withConsole: openWithConsole(options, output),
    follow: (ended, complain) => followRun(ended, targets, quietly, { ...host, complain }),
  });
  return 130;
}
