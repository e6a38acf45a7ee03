/** Declares `status`, `plan`, `why`, `graph` and `serve` for commander. */

import { type Command, Option } from 'commander';
import {
  addTargetCommand,
  directoryOption,
  type Invocation,
  verboseOption,
  withExecutorOptions,
  withMachineOptions,
  withWorkspaceOptions,
} from './declare-command.ts';

/** Declares the commands that show the state of nodes, and change nothing. */
export function addViewCommands(cli: Command, invocation: Invocation): void {
  const { output, conclude } = invocation;
  addTargetCommand(cli, 'status', 'count the nodes of each stage by state; changes nothing')
    .addOption(verboseOption())
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
      conclude(await statusCommand(targets, options, output));
    });

  withExecutorOptions(
    withMachineOptions(
      addTargetCommand(
        cli,
        'plan',
        'show what a run would do, how long it would take and what it costs; changes nothing',
      ),
    ),
  )
    .option('-f, --force', 'as if every selected node ran, cached or not')
    .addOption(
      new Option('--force-targets', 'as if the targets ran, cached or not').conflicts('force'),
    )
    .addOption(verboseOption())
    .option(
      '--json',
      'print a JSON object with nodes, predicted times, the critical path and the cost',
    )
    .addHelpText(
      'after',
      `
Times are those of earlier runs: of the most alike run of the node, else the median of its stage, else what
\`estimate\` of the stage says. With --executor slurm or --budget, what the run costs is told too: node-hours
count the share of a machine that a job asks for (\`slurm: { machine: … }\`), and no cluster is asked.

Examples:
  pipeline plan figure1 --jobs 8
  pipeline plan figure1 --profile paper --executor slurm --budget 20
  pipeline plan figure1 --set training.epochs=40 --json | jq .finish`,
    )
    .action(async (targets: string[], options) => {
      const { planCommand } = await import('./plan.ts');
      conclude(await planCommand(targets, options, invocation));
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
      conclude(await whyCommand(node, options, output));
    });

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
      conclude(await graphCommand(targets, options, output));
    });

  cli
    .command('serve')
    .description('show runs as they go on, and past ones, on a page in the browser')
    .addOption(directoryOption())
    .option('--port <n>', 'listen there (default: where this workspace was served last, else any)')
    .option('--open', 'open the page')
    .option('--allow-actions', 'let the page cancel runs and try failed ones again')
    .option('--json', 'print a JSON line with the address')
    .addHelpText(
      'after',
      `
The page is for this machine and its user alone: 127.0.0.1, an address with a token, no request to any
other host. It follows runs of any process, started before or after it, of Slurm too. Ctrl-C ends it, and no
run. See docs/live.md.

Example:
  pipeline serve --open`,
    )
    .action(async (options) => {
      const { serveCommand } = await import('./serve.ts');
      conclude(await serveCommand(options, invocation.program, output));
    });
}
