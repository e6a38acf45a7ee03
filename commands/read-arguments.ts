/** The arguments of the workspace's commands: read in one way, and told of with the usage. */

import { type ParseArgsConfig, parseArgs } from 'node:util';
import { fail } from '../experiment/data/failure.ts';

/**
 * Reads the arguments of a command.
 *
 * @param usage what the command is told like, for whoever mistypes it
 * @param config its options, and whether it takes others
 * @throws StageFailure where the arguments are wrong
 */
export function readArguments<Config extends ParseArgsConfig>(
  args: readonly string[],
  usage: string,
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs<Config>({ ...config, args: [...args] });
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}
