/** The command `pipeline report`: the results of a profile as one page. */

import type { CommandContext } from 'rederive/contract';
import { summarizeClaims } from '../experiment/claims/claims-report.ts';
import { readArguments } from './read-arguments.ts';
import { writeReport } from './report/write-report.ts';

const USAGE = `Usage: pipeline report [--profile <name>] [--set <key=value>] [--as <name>] [--quiet]

Writes results/<profile>/index.html from the results that a profile has; what it lacks is shown as
missing. It trains nothing: pipeline run all does, and then writes the report too.

Options:
  -p, --profile <name>   the profile of pipeline.yaml (default: its default_profile)
  -s, --set <key=value>  change a parameter; may be repeated
      --as <name>        an exploration, whose outputs stand in a folder of their own
  -q, --quiet            print nothing
`;

/**
 * Writes the report.
 *
 * @returns 0
 * @throws StageFailure where the arguments are wrong
 */
export async function main(context: CommandContext): Promise<number> {
  const { help, quiet, ...selection } = readOptions(context.args);
  if (help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const { model } = await writeReport(context, selection);
  const waiting = model.experiments.filter(({ row }) => row === null).length;
  const missing = waiting === 0 ? '' : `; ${waiting} experiments without a result`;
  const line = `[report] ${model.folder}/index.html: claims ${summarizeClaims(model.claims)}${missing}\n`;
  if (quiet !== true) process.stdout.write(line);
  return 0;
}

function readOptions(args: readonly string[]) {
  return readArguments(args, USAGE, {
    options: {
      profile: { type: 'string', short: 'p' },
      set: { type: 'string', multiple: true, short: 's' },
      as: { type: 'string' },
      quiet: { type: 'boolean', short: 'q' },
      help: { type: 'boolean', short: 'h' },
    },
  }).values;
}
