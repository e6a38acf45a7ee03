/** The command `pipeline claims`: which of the paper's findings are reproduced. */

import type { CommandContext } from 'rederive/contract';
import { formatTerminal } from '../experiment/claims/claims-report.ts';
import { readArguments } from './read-arguments.ts';
import { listExperiments } from './report/experiments.ts';
import { judgeWorkspace } from './report/judge-workspace.ts';

const USAGE = `Usage: pipeline claims [--strict] [--json] [--profile <name>] [--set <key=value>] [--as <name>]

Judges the findings of claims.yaml by the experiments that a profile has results of. It trains
nothing: a claim that rests on experiments without a result is not testable, and says which. Bring
them up to date with: pipeline run claims
What --set 'models=[…]' leaves out is not waited for, and named.
On synthetic data, which is not the paper's, no claim is reproduced: it holds there, or fails.

Options:
  --strict               exit 1 where a claim is not reproduced, or fails on synthetic data
  --json                 print what results/<profile>/claims.json holds
  -p, --profile <name>   the profile of pipeline.yaml (default: its default_profile)
  -s, --set <key=value>  change a parameter; may be repeated
      --as <name>        an exploration, whose outputs stand in a folder of their own
`;

/**
 * Prints the claims.
 *
 * @returns 1 where one is not reproduced and `--strict` is given, else 0
 * @throws StageFailure where the arguments are wrong
 */
export async function main(context: CommandContext): Promise<number> {
  const { help, json, strict, ...selection } = readOptions(context.args);
  if (help === true) {
    process.stdout.write(USAGE);
    return 0;
  }
  const nodes = await context.status(['claims'], selection);
  const experiments = listExperiments(context.workspace, nodes);
  const report = judgeWorkspace(context.workspace, nodes, experiments);
  process.stdout.write(
    json === true
      ? `${JSON.stringify(report, null, 1)}\n`
      : formatTerminal(report, process.stdout.columns ?? 100),
  );
  const against = report.counts['not reproduced'] + report.counts['fails on synthetic data'];
  return strict === true && against > 0 ? 1 : 0;
}

function readOptions(args: readonly string[]) {
  return readArguments(args, USAGE, {
    options: {
      strict: { type: 'boolean' },
      json: { type: 'boolean' },
      profile: { type: 'string', short: 'p' },
      set: { type: 'string', multiple: true, short: 's' },
      as: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  }).values;
}
