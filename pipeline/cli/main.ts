import { Command, CommanderError } from 'commander';
import type { Program } from '../session/execute-run.ts';
import { UserMistakes } from '../session/mistakes.ts';
import { describeFault } from '../system/fault.ts';
import { isSystemError } from '../system/files.ts';
import { addCareCommands } from './care-commands.ts';
import { addCompletionCommands } from './completion-commands.ts';
import { type Conclude, directoryOption } from './declare-command.ts';
import { addFigureCommands } from './figure-commands.ts';
import { type StreamWatch, watchStreams } from './lost-streams.ts';
import { addRunCommands } from './run-commands.ts';
import { takeLeadingDirectory } from './take-directory.ts';
import { addViewCommands } from './view-commands.ts';
import type { CommandHost } from './workspace-command.ts';

/**
 * The command line.
 *
 * @param args what follows the program's name
 * @returns the exit code: 0 done, 1 a stage failed, 2 a mistake in files or arguments, 130 interrupted
 */
export async function main(args: readonly string[], program: Program): Promise<number> {
  const streams = watchStreams();
  const code = await conclude(args, program);
  return isRun(args) ? code : Math.max(code, await tellOfLostOutput(streams));
}

/** Carries a command out and tells of what kept it from ending well. @returns the exit code */
async function conclude(args: readonly string[], program: Program): Promise<number> {
  let code = 0;
  const wantsJson = args.includes('--json');
  const cli = buildCli(program, (result) => {
    code = result;
  });
  try {
    const { directory, rest } = takeLeadingDirectory(args);
    const [name, ...others] = rest;
    if (asksForHelp(rest)) cli.addHelpText('after', await describeWorkspaceCommands(directory));
    else if (name !== undefined && !isBuiltIn(cli, name)) {
      const { runWorkspaceCommand } = await import('./workspace-command.ts');
      const about = directory === null ? others : ['--directory', directory, ...others];
      const result = await runWorkspaceCommand(name, about, hostCommands(program));
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
    if (isSystemError(error) && error.syscall === 'uv_cwd') {
      const text = 'the folder in which this was started is gone; cd to one that is there';
      process.stderr.write(`pipeline: ${text}\n`);
      return 2;
    }
    if (isSystemError(error)) {
      // A folder that may not be written, a full disk: no bug of ours, so no stack.
      process.stderr.write(`pipeline: ${describeFault(error, null)}\n`);
      return 2;
    }
    process.stderr.write(`pipeline: ${describeFault(error, null)}\n`);
    return 1;
  }
}

/** Commands whose exit code tells of the stages, whoever reads what they print. */
function isRun(args: readonly string[]): boolean {
  const [name = ''] = takeLeadingDirectory(args).rest;
  return name === 'run' || name === 'watch';
}

/** Says that what a command had to show went nowhere. @returns the exit code of that */
async function tellOfLostOutput({ fault }: StreamWatch): Promise<number> {
  // The stream tells in a later turn.
  await new Promise(setImmediate);
  const lost = fault();
  if (lost === null) return 0;
  process.stderr.write(`pipeline: its output cannot be written: ${lost.message}\n`);
  return 2;
}

function hostCommands(program: Program): CommandHost {
  const { importModule } = program;
  return { importModule, pipeline: (args) => main(args, program) };
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
async function describeWorkspaceCommands(directory: string | null): Promise<string> {
  const { listWorkspaceCommands } = await import('./workspace-command.ts');
  const commands = Object.entries(listWorkspaceCommands(directory));
  if (commands.length === 0) return '';
  const width = Math.max(...commands.map(([name]) => name.length));
  const lines = commands.map(
    ([name, { description }]) => `  ${name.padEnd(width)}  ${description}`,
  );
  return `\nCommands of this workspace:\n${lines.join('\n')}`;
}

function buildCli(program: Program, done: Conclude): Command {
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
    .exitOverride();

  cli
    .command('init')
    .description('make a small workspace that runs, to start from')
    .argument('<folder>', 'an empty folder, or one that does not exist yet')
    .action(async (folder: string) => {
      const { initCommand } = await import('./init.ts');
      done(initCommand(folder, program));
    });

  addRunCommands(cli, program, hostCommands(program), done);
  addViewCommands(cli, done);
  addFigureCommands(cli, program, done);
  addCareCommands(cli, program, done);
  addCompletionCommands(cli, program, done);
  return cli;
}
