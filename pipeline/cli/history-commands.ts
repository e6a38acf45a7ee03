/** Declares `runs` and `log` for commander. */

import type { Command } from 'commander';
import { directoryOption, type Invocation } from './declare-command.ts';

/** Declares the commands that tell of past runs, and change nothing. */
export function addHistoryCommands(cli: Command, { output, conclude }: Invocation): void {
  cli
    .command('runs')
    .description('show past runs, the newest last: what was asked for, how each ended')
    .addOption(directoryOption())
    .option('-n, --number <n>', 'show the last n (default 20)')
    .option('--json', 'print a JSON array')
    .addHelpText(
      'after',
      `
A run is named by what the first column shows, or the beginning of that, or by latest, latest~1, …
Logs of runs are kept as long as cache gc keeps what was used.

Examples:
  pipeline runs -n 5
  pipeline log train --run latest~1`,
    )
    .action(async (options) => {
      const { runsCommand } = await import('./runs.ts');
      conclude(await runsCommand(options, output));
    });

  cli
    .command('log')
    .description("show what a node's stage printed, in the last run that ran it")
    .argument('<node>', 'the full name of a node (stage/cell)')
    .addOption(directoryOption())
    .option('--run <run>', 'in this run; where it was cached, in the run that made it')
    .option('-f, --follow', 'go on until the node ends')
    .option('--json', 'print JSON lines: attempt, text, end')
    .addHelpText(
      'after',
      `
Standard output has the log alone; whose it is and how it ended is said on standard error.

Examples:
  pipeline log train/MLP1_0.5_none -f
  pipeline log train/MLP1_0.5_none --run latest~1 | grep loss`,
    )
    .action(async (node: string, options) => {
      const { logCommand } = await import('./log.ts');
      conclude(await logCommand(node, options, output));
    });
}
