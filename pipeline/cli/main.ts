import { Command, CommanderError } from 'commander';
import { isErrorCode, isSystemError } from '../system/files.ts';
import type { Program } from './execute-run.ts';
import { UserMistakes } from './mistakes.ts';
import type { RunCommandOptions } from './run.ts';
import type { WatchOptions } from './watch.ts';

/**
 * The command line.
 *
 * @param args what follows the program's name
 * @returns the exit code: 0 done, 1 a stage failed, 2 a mistake in files or arguments, 130 interrupted
 */
export async function main(args: readonly string[], program: Program): Promise<number> {
  let code = 0;
  endQuietlyWithReader(process.stdout);
  endQuietlyWithReader(process.stderr);
  const wantsJson = args.includes('--json');
  const cli = buildCli(program, (result) => {
    code = result;
  });
  try {
    const [name, ...rest] = args;
    if (asksForHelp(args)) cli.addHelpText('after', await describeWorkspaceCommands());
    else if (name !== undefined && !isBuiltIn(cli, name)) {
      const { runWorkspaceCommand } = await import('./workspace-command.ts');
      const result = await runWorkspaceCommand(name, rest, (other) => main(other, program));
      if (result !== null) return result;
    }
    await cli.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (error instanceof UserMistakes) {
      if (wantsJson) {
        const diagnostics = JSON.stringify({ type: 'mistakes', diagnostics: error.diagnostics });
        process.stdout.write(`${diagnostics}\n`);
      } else process.stderr.write(`${error.format()}\n`);
      return 2;
    }
    if (isSystemError(error)) {
      // A folder that may not be written, a full disk: no bug of ours, so no stack.
      process.stderr.write(`pipeline: ${error.message}\n`);
      return 2;
    }
    throw error;
  }
}

function isBuiltIn(cli: Command, name: string): boolean {
  return name.startsWith('-') || name === 'help' || cli.commands.some((one) => one.name() === name);
}

function asksForHelp(args: readonly string[]): boolean {
  return (
    args.length === 0 || (args.length === 1 && ['-h', '--help', 'help'].includes(args[0] ?? ''))
  );
}

/** The commands of the workspace in the form of commander's own list. */
async function describeWorkspaceCommands(): Promise<string> {
  const { listWorkspaceCommands } = await import('./workspace-command.ts');
  const commands = Object.entries(listWorkspaceCommands());
  if (commands.length === 0) return '';
  const width = Math.max(...commands.map(([name]) => name.length));
  const lines = commands.map(
    ([name, { description }]) => `  ${name.padEnd(width)}  ${description}`,
  );
  return `\nCommands of this workspace:\n${lines.join('\n')}`;
}

/** A reader that has seen enough (`pipeline status | head`) closes the pipe; that is no error. */
function endQuietlyWithReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error) => {
    if (!isErrorCode(error, 'EPIPE')) throw error;
  });
}

function buildCli(program: Program, done: (code: number) => void): Command {
  const cli = new Command('pipeline')
    .description(
      'Runs a declarative experiment pipeline: brings targets of pipeline.yaml up to\ndate, doing only the work whose inputs really changed.',
    )
    .version(program.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .showSuggestionAfterError()
    .showHelpAfterError('(pipeline --help lists commands and options)')
    .exitOverride();

  withWorkspaceOptions(
    cli
      .command('run')
      .description('bring targets up to date')
      .argument('[targets...]', 'targets, stages or nodes (stage/cell); default: everything'),
  )
    .option('-j, --jobs <n>', 'CPUs to use at once', 'auto')
    .option('-k, --keep-going', 'after a failure, go on with what does not depend on it')
    .option('-n, --dry-run', 'show what would be done, and do nothing')
    .option('-f, --force', 'run every selected node, cached or not')
    .option('--offline', 'open no network connection; a download fails at once')
    .option('-q, --quiet', 'print warnings and failures only')
    .option('--json', 'print every event as a JSON line')
    .addHelpText(
      'after',
      `
Exit codes: 0 done, 1 a stage failed, 2 a mistake in files or arguments, 130 interrupted.

Examples:
  pipeline run figure1
  pipeline run figure1 --profile cifar-small --set dataset.train=5000
  pipeline run train/MLP1_0.0_none --force --jobs 1`,
    )
    .action(async (targets: string[], options: RunCommandOptions) => {
      const { runCommand } = await import('./run.ts');
      done(await runCommand(targets, options, program));
    });

  withWorkspaceOptions(
    cli
      .command('watch')
      .description('bring targets up to date, and again after each edit')
      .argument('[targets...]', 'targets, stages or nodes (stage/cell); default: everything'),
  )
    .option('-j, --jobs <n>', 'CPUs to use at once', 'auto')
    .option('-k, --keep-going', 'after a failure, go on with what does not depend on it')
    .option('-f, --force', 'in the first run, run every selected node, cached or not')
    .option('--offline', 'open no network connection; a download fails at once')
    .option('-q, --quiet', 'print warnings, failures and mistakes only')
    .option('--json', 'print every event as a JSON line')
    .addHelpText(
      'after',
      `
An edit of pipeline.yaml, a template, code or an input runs what it affects. What runs meanwhile and is
not affected goes on. A stage that failed runs again when something that it reads has changed.

Exit codes: 130 ended by Ctrl-C, 2 a mistake in the arguments.

Examples:
  pipeline watch figure1
  pipeline watch figure1 --profile cifar-small --keep-going`,
    )
    .action(async (targets: string[], options: WatchOptions) => {
      const { watchCommand } = await import('./watch.ts');
      done(await watchCommand(targets, options, program));
    });

  withWorkspaceOptions(
    cli
      .command('status')
      .description('show the state of each node; changes nothing')
      .argument('[targets...]', 'targets, stages or nodes (stage/cell); default: everything'),
  )
    .option(
      '--json',
      'print a JSON array with every node, its cell, state, fingerprint and outputs',
    )
    .addHelpText(
      'after',
      `
Examples:
  pipeline status figure1
  pipeline status --json | jq '.[] | select(.state == "run") | .node'`,
    )
    .action(async (targets: string[], options) => {
      const { statusCommand } = await import('./status.ts');
      done(await statusCommand(targets, options));
    });
  return cli;
}

function withWorkspaceOptions(command: Command): Command {
  return command
    .option(
      '-C, --directory <folder>',
      'the workspace (default: the nearest folder upward that has a pipeline.yaml)',
    )
    .option('-p, --profile <name>', 'the profile of pipeline.yaml (default: its default_profile)')
    .option(
      '-s, --set <key=value>',
      'change a parameter; may be repeated',
      (setting: string, settings: readonly string[] = []) => [...settings, setting],
    );
}
