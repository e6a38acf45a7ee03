/** `pipeline completion` and `__complete`: a script printed, or the words that may follow. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { completeWords } from '../completion/complete-words.ts';
import { lookUpNames } from '../session/look-up-names.ts';
import type { Program } from '../session/program.ts';
import { quoteArgument } from '../shell/quote-argument.ts';
import type { Output } from './output.ts';

/** The shells that there is a script for. */
export type CompletionShell = 'bash' | 'zsh' | 'fish';

/** `pipeline completion <shell>`: prints the script that the shell is to read. @returns the exit code */
export function completionCommand(
  shell: CompletionShell,
  { root }: Program,
  output: Output,
): number {
  const script = readFileSync(join(root, 'completion/scripts', `pipeline.${shell}`), 'utf8');
  // By path, so that it is as fast, and the same program, where `pipeline` is a function for npx.
  const program = [process.execPath, join(root, 'bin', 'pipeline.js')].map(quoteArgument).join(' ');
  output.print(script.replace('@PIPELINE@', () => program));
  return 0;
}

/** What every shell takes as it is: no name of a workspace becomes a command by being completed. */
const PLAIN_WORD = /^[\p{L}\p{N}_./:=@+,%-]+$/u;

/**
 * `pipeline __complete -- <words>`, what the scripts call: prints the words that may stand where the
 * cursor is, each with a tab and its description, or `:files` where a path is expected. Someone is
 * in the middle of typing: where nothing can be said, for whatever reason, it says nothing.
 *
 * @returns the exit code
 */
export async function completeCommand(
  cli: Command,
  words: readonly string[],
  output: Output,
): Promise<number> {
  try {
    const completion = await completeWords(cli, words, lookUpNames);
    const lines =
      completion === 'files'
        ? [':files']
        : completion
            .filter(({ word }) => PLAIN_WORD.test(word))
            .map(({ word, description }) => `${word}\t${onOneLine(description)}`);
    output.print(lines.map((line) => `${line}\n`).join(''));
  } catch {
    // See above.
  }
  return 0;
}

function onOneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
}
