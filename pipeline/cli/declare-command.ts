/** What declarations of commands share: targets and the options on workspace and machine. */

import { type Command, Option } from 'commander';
import type { Program } from '../session/program.ts';
import type { CommandHost } from '../session/workspace-commands.ts';
import type { Output } from './output.ts';

/** What commands are carried out with. */
export interface Invocation {
  readonly program: Program;
  readonly output: Output;
  /** What commands of the workspace need. */
  readonly host: CommandHost;
  /** Takes the exit code of a command that has run. */
  readonly conclude: (code: number) => void;
}

/** A command on targets of a workspace. */
export function addTargetCommand(cli: Command, name: string, description: string): Command {
  return withWorkspaceOptions(
    cli
      .command(name)
      .description(description)
      .argument('[targets...]', 'targets, stages or nodes (stage/cell); default: everything'),
  );
}

/** The options that say what of the machine a command may use, see `openMachine`. */
export function withMachineOptions(command: Command): Command {
  return command
    .option('-j, --jobs <n>', 'CPUs to use at once', 'auto')
    .option('--gpus <ids>', 'GPUs to use, such as 0,1; auto or none', 'auto');
}

/** The options that say where stages run, and what that may cost. */
export function withExecutorOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--executor <name>', 'where stages run: slurm submits each as a job').choices([
        'local',
        'slurm',
      ]),
    )
    .option(
      '--slurm <option=value>',
      'an option of sbatch for all jobs, such as partition=gpu; may be repeated',
      (option: string, options: readonly string[] = []) => [...options, option],
    )
    .option('--budget <node-hours>', 'refuse a run that may take more node-hours than these');
}

/** The option of commands that fold what is alike. */
export function verboseOption(): Option {
  return new Option('-v, --verbose', 'list every node');
}

/** The option that says which workspace a command is about. */
export function directoryOption(): Option {
  return new Option(
    '-C, --directory <folder>',
    'the workspace (default: the nearest folder upward that has a pipeline.yaml)',
  );
}

/** The options that say which workspace, profile and parameters a command is about. */
export function withWorkspaceOptions(command: Command): Command {
  return command
    .addOption(directoryOption())
    .option('-p, --profile <name>', 'the profile of pipeline.yaml (default: its default_profile)')
    .option(
      '-s, --set <key=value>',
      'change a parameter; may be repeated',
      (setting: string, settings: readonly string[] = []) => [...settings, setting],
    )
    .option('--as <name>', 'an exploration, whose outputs stand in a folder of their own');
}
