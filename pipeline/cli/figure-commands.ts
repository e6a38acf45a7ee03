/** Declares `report`, `trace` and `verify` for commander. */

import type { Command } from 'commander';
import {
  addTargetCommand,
  type Invocation,
  verboseOption,
  withWorkspaceOptions,
} from './declare-command.ts';

/** Declares the commands on results that are there: the page about them, and the files of figures. */
export function addFigureCommands(cli: Command, { program, output, conclude }: Invocation): void {
  addTargetCommand(cli, 'report', 'write a page with figures, metrics and how they were made')
    .option('-o, --output <file>', 'where it goes (default: report.html in the workspace)')
    .option('--title <text>', "what it is called (default: the name of the workspace's folder)")
    .option('-q, --quiet', 'print nothing')
    .addHelpText(
      'after',
      `
The page is one file that needs neither network nor server: pictures (SVG, PNG, …) among the outputs, in the
order in which they are declared; the nodes of each stage with axes and summary metrics; the graph; which
runs made it all. Nothing is run: what has no result yet is shown as missing. A workspace that has a
command "report" of its own gets that instead.

Examples:
  pipeline report
  pipeline report figure1 --set training.epochs=40 -o forty-epochs.html`,
    )
    .action(async (targets: string[], options) => {
      const { reportCommand } = await import('./report.ts');
      conclude(await reportCommand(targets, options, program, output));
    });

  const withFigure = (name: string, description: string) =>
    withWorkspaceOptions(
      cli
        .command(name)
        .description(description)
        .argument('<file>', 'a file of the figure: .vl.json, .svg, .png, .pdf or .csv'),
    );
  withFigure('trace', 'show the results behind every mark of a figure; changes nothing')
    .addOption(verboseOption())
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
      conclude(await traceCommand(file, options, output));
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
      conclude(await verifyCommand(file, options, program, output));
    });
}
