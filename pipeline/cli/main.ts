import { Command, CommanderError, Option } from 'commander';
import { isErrorCode, isSystemError } from '../system/files.ts';
import { addCompletionCommands } from './completion-commands.ts';
import type { Program } from './execute-run.ts';
import { UserMistakes } from './mistakes.ts';
import type { RunCommandOptions } from './run.ts';
import type { WatchOptions } from './watch.ts';
import type { CommandHost } from './workspace-command.ts';

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
      const result = await runWorkspaceCommand(name, rest, hostCommands(program));
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

  cli
    .command('init')
    .description('make a small workspace that runs, to start from')
    .argument('<folder>', 'an empty folder, or one that does not exist yet')
    .action(async (folder: string) => {
      const { initCommand } = await import('./init.ts');
      done(initCommand(folder, program));
    });

  addTargetCommand(cli, 'run', 'bring targets up to date')
    .option('-j, --jobs <n>', 'CPUs to use at once', 'auto')
    .option('--gpus <ids>', 'GPUs to use, such as 0,1; auto or none', 'auto')
    .option('-k, --keep-going', 'after a failure, go on with what does not depend on it')
    .option('-n, --dry-run', 'show what would be done and how long it takes, as plan does')
    .option('-f, --force', 'run every selected node, cached or not')
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
      done(await runCommand(targets, options, program, hostCommands(program)));
    });

  addTargetCommand(cli, 'watch', 'bring targets up to date, and again after each edit')
    .option('-j, --jobs <n>', 'CPUs to use at once', 'auto')
    .option('--gpus <ids>', 'GPUs to use, such as 0,1; auto or none', 'auto')
    .option('-k, --keep-going', 'after a failure, go on with what does not depend on it')
    .option('-f, --force', 'in the first run, run every selected node, cached or not')
    .option('-e, --explain', 'say for each node that runs what made it run (see pipeline why)')
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

  addTargetCommand(cli, 'status', 'show the state of each node; changes nothing')
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

  addTargetCommand(
    cli,
    'plan',
    'show what a run would do and how long it would take; changes nothing',
  )
    .option('-j, --jobs <n>', 'CPUs to use at once', 'auto')
    .option('--gpus <ids>', 'GPUs to use, such as 0,1; auto or none', 'auto')
    .option('-f, --force', 'as if every selected node ran, cached or not')
    .option('--json', 'print a JSON object with nodes, predicted times and the critical path')
    .addHelpText(
      'after',
      `
Times are those of earlier runs: of the most alike run of the node, else the median of its stage.

Examples:
  pipeline plan figure1 --jobs 8
  pipeline plan figure1 --set training.epochs=40 --json | jq .finish`,
    )
    .action(async (targets: string[], options) => {
      const { planCommand } = await import('./plan.ts');
      done(await planCommand(targets, options));
    });

  withWorkspaceOptions(
    cli
      .command('why')
      .description('show why a node has to run, or what it was made from; changes nothing')
      .argument('<node>', 'a node (stage/cell); a stage or target gets a line for each node'),
  )
    .option('--json', 'print a JSON array with all differences and their causes')
    .addHelpText(
      'after',
      `
Examples:
  pipeline why train/MLP1_0.5_none
  pipeline why figure1 --set training.epochs=40`,
    )
    .action(async (node: string, options) => {
      const { whyCommand } = await import('./why.ts');
      done(await whyCommand(node, options));
    });

  addFigureCommands(cli, program, done);
  addTargetCommand(cli, 'graph', 'draw the graph, coloured by state; changes nothing')
    .addOption(
      new Option(
        '--format <format>',
        'default: as the name of the output file ends, else mermaid',
      ).choices(['mermaid', 'dot', 'json', 'svg']),
    )
    .option('-x, --expand', 'a box for each node instead of one for each stage')
    .option('-o, --output <file>', 'write to a file')
    .addHelpText(
      'after',
      `
Examples:
  pipeline graph figure1 -o graph.svg
  pipeline graph figure1 --expand --format dot | dot -Tpdf > graph.pdf`,
    )
    .action(async (targets: string[], options) => {
      const { graphCommand } = await import('./graph.ts');
      done(await graphCommand(targets, options));
    });

  withWorkspaceOptions(
    cli
      .command('clean')
      .description('remove outputs that the cache can put back; keeps what you changed')
      .argument(
        '[targets...]',
        'targets, stages or nodes, with what they need; default: everything',
      ),
  )
    .option('-n, --dry-run', 'show what would go, and remove nothing')
    .action(async (targets: string[], options) => {
      const { cleanCommand } = await import('./clean.ts');
      done(await cleanCommand(targets, options));
    });

  withWorkspaceOptions(
    cli
      .command('accept-equal')
      .description('declare that an edit did not change the result of a node')
      .argument('<node>', 'the full name of a node'),
  )
    .option('--reason <text>', 'why the result is the same; kept with it')
    .option('--undo', 'take it back: the next run makes the result')
    .action(async (node: string, options) => {
      const { acceptEqualCommand } = await import('./accept-equal.ts');
      done(await acceptEqualCommand(node, options));
    });
  addCacheCommands(cli, program, done);
  addCompletionCommands(cli, program, done);
  return cli;
}

function addFigureCommands(cli: Command, program: Program, done: (code: number) => void): void {
  const withFigure = (name: string, description: string) =>
    withWorkspaceOptions(
      cli
        .command(name)
        .description(description)
        .argument('<file>', 'a file of the figure: .vl.json, .svg, .png or .csv'),
    );
  withFigure('trace', 'show the results behind every mark of a figure; changes nothing')
    .option('--json', 'print a JSON object with all marks, runs, results and files')
    .addHelpText(
      'after',
      `
Exit codes: 0 all marks are mapped, 1 one names no run or a result is not in the cache, 2 no figure.

Examples:
  pipeline trace results/quick/figure1c-generalization-error.svg
  pipeline trace figure.png --json | jq '.runs[].results[] | select(.node | startswith("train/"))'`,
    )
    .action(async (file: string, options) => {
      const { traceCommand } = await import('./trace.ts');
      done(await traceCommand(file, options));
    });
  withFigure('verify', 'make a figure again from the cache and compare the bytes')
    .option('--json', 'print a JSON object with all outputs and edited results')
    .addHelpText(
      'after',
      `
All files of the figure are compared; what stands upstream in the workspace is looked at for edits.
Exit codes: 0 all agree, 1 something differs or has yet to run, 2 no output of a stage.

Examples:
  pipeline verify results/quick/figure1c-generalization-error.png`,
    )
    .action(async (file: string, options) => {
      const { verifyCommand } = await import('./verify.ts');
      done(await verifyCommand(file, options, program));
    });
}

function addCacheCommands(cli: Command, program: Program, done: (code: number) => void): void {
  const cache = cli
    .command('cache')
    .description('look after the cache: stats, verify, repair, gc')
    .exitOverride();
  const withDirectory = (command: Command) =>
    command
      .option('-C, --directory <folder>', 'the workspace (default: the nearest one upward)')
      .option('--json', 'print one JSON object');
  withDirectory(cache.command('stats').description('what the cache holds, and its size')).action(
    async (options) => {
      const { cacheStatsCommand } = await import('./cache.ts');
      done(cacheStatsCommand(options));
    },
  );
  withDirectory(
    cache
      .command('verify')
      .description('hash every object and read every record again; 1 where one is damaged'),
  ).action(async (options) => {
    const { cacheVerifyCommand } = await import('./cache.ts');
    done(cacheVerifyCommand(options, false));
  });
  withDirectory(
    cache.command('repair').description('verify, and put what is damaged into quarantine'),
  ).action(async (options) => {
    const { cacheVerifyCommand } = await import('./cache.ts');
    done(cacheVerifyCommand(options, true));
  });
  withDirectory(
    cache.command('gc').description('remove what no profile needs and nobody used lately'),
  )
    .option('--days <n>', 'keep what was used in the last n days (default 30)')
    .option('--size <size>', 'keep at most this much beyond what is needed, such as 10GB')
    .option('-n, --dry-run', 'show what would go, and remove nothing')
    .action(async (options) => {
      const { collectGarbageCommand } = await import('./collect-garbage.ts');
      done(await collectGarbageCommand(options, program));
    });
}

/** A command on targets of a workspace. */
function addTargetCommand(cli: Command, name: string, description: string): Command {
  return withWorkspaceOptions(
    cli
      .command(name)
      .description(description)
      .argument('[targets...]', 'targets, stages or nodes (stage/cell); default: everything'),
  );
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
