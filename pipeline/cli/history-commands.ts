/** Declares `runs`, `log`, `compare` and `diff` for commander. */

import { type Command, Option } from 'commander';
import { addTargetCommand, directoryOption, type Invocation } from './declare-command.ts';

/** Declares the commands that tell of past runs and their results, and change nothing. */
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
  pipeline diff latest~1 latest`,
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

  addTargetCommand(
    cli,
    'compare',
    'show what cells gave, side by side: axes, parameters, metrics; changes nothing',
  )
    .option(
      '--where <condition>',
      'only cells such as lr>=0.1, model=MLP1 (= != < <= > >=); may be repeated',
      (condition: string, conditions: readonly string[] = []) => [...conditions, condition],
    )
    .option('--sort <columns>', 'by these columns, apart by commas; with - before one falling')
    .option('--columns <columns>', 'these columns, apart by commas')
    .option('--with <run>', 'beside those of a run, or of a revision of Git: git:HEAD~3')
    .addOption(new Option('--json', 'print a JSON array, with all of each cell'))
    .addOption(new Option('--csv', 'print CSV, with all digits').conflicts('json'))
    .addOption(new Option('--markdown', 'print a Markdown table').conflicts(['json', 'csv']))
    .addHelpText(
      'after',
      `
Nodes of one cell share a row. Of axes and parameters those are shown that differ; what is the same in
all rows is named below. A column is named in full, or by its end behind a dot.

Examples:
  pipeline compare train --sort -test_accuracy --where 'lr>=0.1'
  pipeline compare train --with latest~1
  pipeline compare --with git:main --csv > changes.csv`,
    )
    .action(async (targets: string[], options) => {
      const { compareCommand } = await import('./compare.ts');
      conclude(await compareCommand(targets, options, output));
    });

  cli
    .command('diff')
    .description('show in what two past runs differ: settings, results and why, metrics')
    .argument('<run>', 'the first run, such as latest~1')
    .argument('<run>', 'the second run, such as latest')
    .addOption(directoryOption())
    .option('--json', 'print a JSON object, with all nodes and causes')
    .addHelpText(
      'after',
      `
Runs are named as pipeline runs --help says.

Example:
  pipeline diff latest~1 latest`,
    )
    .action(async (before: string, after: string, options) => {
      const { diffCommand } = await import('./diff.ts');
      conclude(await diffCommand(before, after, options, output));
    });
}
