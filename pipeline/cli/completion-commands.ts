/** Declares `completion`, and what its scripts call, for commander. */

import { Argument, type Command } from 'commander';
import type { CompletionShell } from './completion.ts';
import type { Invocation } from './declare-command.ts';

/** Adds `pipeline completion`, and the hidden command that its scripts call. */
export function addCompletionCommands(
  cli: Command,
  { program, output, conclude }: Invocation,
): void {
  cli
    .command('completion')
    .description('print a script that completes commands, options and names in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
In the shell's startup file (zsh: after compinit):
  source <(npx pipeline completion bash)          also for zsh
  npx pipeline completion fish | source

It completes pipeline and npx pipeline.`,
    )
    .action(async (shell: CompletionShell) => {
      const { completionCommand } = await import('./completion.ts');
      conclude(completionCommand(shell, program, output));
    });
  cli
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      const { completeCommand } = await import('./completion.ts');
      conclude(await completeCommand(cli, words, output));
    });
}
