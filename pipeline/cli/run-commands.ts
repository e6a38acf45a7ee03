/** Declares `run` and `watch` for commander. */

import { type Command, Option } from 'commander';
import { TRACKER_NAMES } from '../track/choose-trackers.ts';
import {
  addTargetCommand,
  directoryOption,
  type Invocation,
  verboseOption,
  withExecutorOptions,
  withMachineOptions,
} from './declare-command.ts';
import type { RunCommandOptions } from './run.ts';
import type { WatchCommandOptions } from './watch.ts';

/** Declares the commands that run stages. */
export function addRunCommands(cli: Command, invocation: Invocation): void {
  const { conclude } = invocation;
  withExecutorOptions(withMachineOptions(addTargetCommand(cli, 'run', 'bring targets up to date')))
    .option('-k, --keep-going', 'after a failure, go on with what does not depend on it')
    .option('-n, --dry-run', 'show what would be done and how long it takes, as plan does')
    .option('-f, --force', 'run the targets and all that they need, cached or not')
    .addOption(
      new Option(
        '--force-targets',
        'run the targets, cached or not, and of what they need only what has to',
      ).conflicts('force'),
    )
    .option('--recheck <share>', 'then make a sample of the cached results again and compare')
    .option('--recheck-seed <text>', 'chooses another sample')
    .option('--audit', 'watch what commands read, as modules always are; needs strace')
    .addOption(
      new Option(
        '--strict',
        'audit, and fail a stage that reads what it does not declare',
      ).conflicts('dryRun'),
    )
    .option('-e, --explain', 'say for each node that runs what made it run (see pipeline why)')
    .addOption(
      new Option(
        '--pilot',
        "first try one node of each stage with the profile's pilot values; stop if that fails",
      ).conflicts('dryRun'),
    )
    .option('--offline', 'open no network connection; a download fails at once')
    .option('--remote <url>', 'the remote cache, https://… or file:///…; off for none')
    .option('--push', 'send to the remote cache what this run makes')
    .addOption(trackerOption())
    .addOption(interruptOption())
    .addOption(verboseOption())
    .option('-q, --quiet', 'print warnings and failures only')
    .option('--json', 'print every event as a JSON line')
    .addHelpText(
      'after',
      `
Exit codes: 0 done, 1 a stage failed, 2 a mistake in files or arguments, 130 interrupted.

Examples:
  pipeline run figure1
  pipeline run figure1 --profile cifar-small --set dataset.train=5000
  pipeline run train/MLP1_0.0_none --force-targets --jobs 1`,
    )
    .action(async (targets: string[], options: RunCommandOptions) => {
      const { runCommand } = await import('./run.ts');
      conclude(await runCommand(targets, options, invocation));
    });

  cli
    .command('attach')
    .description('show the jobs of a run that was left, and go on with it')
    .addOption(directoryOption())
    .option('-l, --list', 'show them only')
    .option('-q, --quiet', 'print warnings and failures only')
    .option('--json', 'print every event as a JSON line; with --list, one JSON object')
    .addOption(interruptOption())
    .addHelpText(
      'after',
      `
A run with --executor slurm that was detached, killed or cut off leaves its jobs in Slurm. This takes up the
latest of them as it was asked for: targets, profile, settings. The same \`pipeline run\` does so too.

Example:
  pipeline attach --list`,
    )
    .action(async (options) => {
      const { attachCommand } = await import('./attach.ts');
      conclude(await attachCommand(options, invocation));
    });

  withMachineOptions(
    addTargetCommand(cli, 'watch', 'bring targets up to date, and again after each edit'),
  )
    .option('-k, --keep-going', 'after a failure, go on with what does not depend on it')
    .option('-f, --force', 'in the first run, run every selected node, cached or not')
    .option('-e, --explain', 'say for each node that runs what made it run (see pipeline why)')
    .option('--offline', 'open no network connection; a download fails at once')
    .option('--remote <url>', 'the remote cache, https://… or file:///…; off for none')
    .option('--push', 'send to the remote cache what this run makes')
    .addOption(trackerOption())
    .option('-q, --quiet', 'print warnings, failures and mistakes only')
    .option('--json', 'print every event as a JSON line')
    .addHelpText(
      'after',
      `
An edit of pipeline.yaml, a template, code or an input runs what it affects. What runs meanwhile and is
not affected goes on. A stage that failed runs again when something that it reads has changed. Commands
that follow a run (after: in pipeline.yaml), such as a report, follow each time.

Exit codes: 130 ended by Ctrl-C, 2 a mistake in the arguments.

Examples:
  pipeline watch figure1
  pipeline watch figure1 --profile cifar-small --keep-going`,
    )
    .action(async (targets: string[], options: WatchCommandOptions) => {
      const { watchCommand } = await import('./watch.ts');
      conclude(await watchCommand(targets, options, invocation));
    });
}

/** The option that says which trackers are told. */
function trackerOption(): Option {
  return new Option(
    '--tracker <name>',
    'tell a tracker of experiments too, or, by none, nobody; may be repeated',
  )
    .choices([...TRACKER_NAMES, 'none'])
    .argParser((name: string, names: readonly string[] | undefined) => [...(names ?? []), name]);
}

/** The option that says what becomes of jobs. */
function interruptOption(): Option {
  return new Option(
    '--on-interrupt <what>',
    'at Ctrl-C, leave jobs or cancel them (default: asked on a terminal, else detach)',
  ).choices(['detach', 'cancel']);
}
