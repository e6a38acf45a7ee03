/** Arguments → one command → an exit code: where the program begins and ends. */

import { Command, CommanderError, Option } from 'commander';
import { TEMPLATE_NAMES } from '../init/templates.ts';
import { UserMistakes } from '../session/mistakes.ts';
import type { Program } from '../session/program.ts';
import { isSystemError } from '../system/errors.ts';
import { describeFault } from '../system/fault.ts';
import { addCareCommands } from './care-commands.ts';
import { addCompletionCommands } from './completion-commands.ts';
import { directoryOption, type Invocation } from './declare-command.ts';
import { addFigureCommands } from './figure-commands.ts';
import { addHistoryCommands } from './history-commands.ts';
import { type Output, openStandardOutput } from './output.ts';
import { addRunCommands } from './run-commands.ts';
import { takeDirectory, takeLeadingDirectory } from './take-directory.ts';
import { addTrackCommands } from './track-commands.ts';
import { addViewCommands } from './view-commands.ts';

/**
 * The command line.
 *
 * @param args what follows the program's name
 * @param output where everything is printed
 * @returns the exit code: 0 done, 1 a stage failed, 2 a mistake in files or arguments, 130 interrupted
 */
export async function main(
  args: readonly string[],
  program: Program,
  output: Output = openStandardOutput(),
): Promise<number> {
  const code = await carryOut(args, program, output);
  return isRun(args) ? code : Math.max(code, await tellOfLostOutput(output));
}

/** Carries a command out and tells of what kept it from ending well. @returns the exit code */
async function carryOut(
  args: readonly string[],
  program: Program,
  output: Output,
): Promise<number> {
  let code = 0;
  const host = {
    importModule: program.importModule,
    root: program.root,
    pipeline: (inner: readonly string[]) => main(inner, program, output),
    complain: output.complain,
  };
  const conclude = (result: number) => {
    code = result;
  };
  const cli = buildCli({ program, output, host, conclude });
  try {
    const { directory, rest } = takeLeadingDirectory(args);
    const [name, ...others] = rest;
    if (asksForHelp(rest)) cli.addHelpText('after', await describeWorkspaceCommands(directory));
    else if (name !== undefined && (REPLACEABLE.has(name) || !isBuiltIn(cli, name))) {
      const { runWorkspaceCommand } = await import('../session/workspace-commands.ts');
      const taken = directory === null ? takeDirectory(others) : { directory, rest: others };
      const result = await runWorkspaceCommand(taken.directory, name, taken.rest, host);
      if (result !== null) return result;
    }
    await cli.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return tellError(error, args.includes('--json'), output);
  }
}

/** Tells why a command has not been carried out. @returns the exit code */
function tellError(error: unknown, asJson: boolean, { print, complain }: Output): number {
  if (error instanceof UserMistakes) {
    const { diagnostics } = error;
    if (asJson) print(`${JSON.stringify({ type: 'mistakes', diagnostics })}\n`);
    else complain(`${error.format()}\n`);
    return 2;
  }
  if (isSystemError(error) && error.syscall === 'uv_cwd') {
    complain('pipeline: the folder in which this was started is gone; cd to one that is there\n');
    return 2;
  }
  complain(`pipeline: ${describeFault(error, null)}\n`);
  // A folder that may not be written, a full disk: no bug of ours.
  return isSystemError(error) ? 2 : 1;
}

/** Commands whose exit code tells of the stages, whoever reads what they print. */
function isRun(args: readonly string[]): boolean {
  const [name = ''] = takeLeadingDirectory(args).rest;
  return name === 'run' || name === 'watch';
}

/** Says that what a command had to show went nowhere. @returns the exit code of that */
async function tellOfLostOutput({ fault, complain }: Output): Promise<number> {
  // The stream tells in a later turn.
  await new Promise(setImmediate);
  const lost = fault();
  if (lost === null) return 0;
  complain(`pipeline: its output cannot be written: ${lost.message}\n`);
  return 2;
}

/** Commands in whose place a workspace may put one of its own. */
const REPLACEABLE: ReadonlySet<string> = new Set(['report']);

function isBuiltIn(cli: Command, name: string): boolean {
  return name.startsWith('-') || name === 'help' || cli.commands.some((one) => one.name() === name);
}

function asksForHelp(args: readonly string[]): boolean {
  return (
    args.length === 0 || (args.length === 1 && ['-h', '--help', 'help'].includes(args[0] ?? ''))
  );
}

/** The commands of the workspace in the form of commander's own list. */
async function describeWorkspaceCommands(directory: string | null): Promise<string> {
  const { listWorkspaceCommands } = await import('../session/workspace-commands.ts');
  const commands = Object.entries(listWorkspaceCommands(directory));
  if (commands.length === 0) return '';
  const width = Math.max(...commands.map(([name]) => name.length));
  const lines = commands.map(
    ([name, { description }]) => `  ${name.padEnd(width)}  ${description}`,
  );
  return `\nCommands of this workspace:\n${lines.join('\n')}`;
}

function buildCli(invocation: Invocation): Command {
  const { program, output, conclude } = invocation;
  const cli = new Command('pipeline')
    .description(
      'Runs a declarative experiment pipeline: brings targets of pipeline.yaml up to\ndate, doing only the work whose inputs really changed.',
    )
    .version(program.version, '-V, --version', 'print the version')
    .addOption(directoryOption())
    // What stands behind a command is for that.
    .enablePositionalOptions()
    .hook('preAction', (_, command) => {
      const { directory } = cli.opts<{ directory?: string }>();
      if (directory === undefined || command.getOptionValue('directory') !== undefined) return;
      command.setOptionValue('directory', directory);
    })
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .showSuggestionAfterError()
    .showHelpAfterError('(pipeline --help lists commands and options)')
    .exitOverride()
    .configureOutput({ writeOut: output.print, writeErr: output.complain });

  cli
    .command('init')
    .description('make a small workspace that runs, to start from')
    .argument('[folder]', 'an empty folder, or one that does not exist yet', '.')
    .addOption(
      new Option(
        '-t, --template <name>',
        'what it is (default: asked in a terminal, else typescript)',
      ).choices(TEMPLATE_NAMES),
    )
    .action(async (folder: string, options) => {
      const { initCommand } = await import('./init.ts');
      conclude(await initCommand(folder, options, program, output));
    });

  addRunCommands(cli, invocation);
  addViewCommands(cli, invocation);
  addHistoryCommands(cli, invocation);
  addTrackCommands(cli, invocation);
  addFigureCommands(cli, invocation);
  addCareCommands(cli, invocation);
  addCompletionCommands(cli, invocation);
  return cli;
}
