/** The only way to standard output and standard error, as a value that tests can give too. */

import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { OutputStream } from '../progress/output.ts';
import { openPalette, type Palette, wantsColour } from '../progress/style.ts';
import { wrapLine } from '../progress/wrap.ts';
import { isErrorCode } from '../system/errors.ts';

/** Where a command prints. */
export interface Output {
  /** What was asked for: text of whole lines, to standard output. */
  readonly print: (text: string) => void;
  /** What is said beside that, mistakes for one: to standard error. */
  readonly complain: (text: string) => void;
  /** Standard output, for a view that draws on it while a run goes on. */
  readonly stream: OutputStream & { readonly isTTY?: boolean };
  /** Why text was lost although somebody may still want it (a full disk); null where none was. */
  readonly fault: () => Error | null;
}

const STANDARD = [0, 1, 2];

let standard: Output | undefined;

/**
 * The standard output and error of this process. It lets the program go on when nobody can be told any
 * more: a reader that has seen enough (`pipeline status | head`), a terminal that is gone, a full disk
 * behind a redirection.
 */
export function openStandardOutput(): Output {
  standard ??= watchStandardOutput();
  return standard;
}

function watchStandardOutput(): Output {
  let fault: Error | null = null;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (!isErrorCode(error, 'EPIPE', 'EIO')) fault ??= error;
    });
  }
  const terminals = STANDARD.filter((fd) => isatty(fd));
  // Node puts terminals back into their first mode when it ends, and aborts where one is gone.
  if (terminals.length > 0) process.on('exit', () => replaceLost(terminals));
  return {
    print: (text) => process.stdout.write(text),
    complain: (text) => process.stderr.write(fitLines(text, process.stderr)),
    stream: process.stdout,
    fault: () => fault,
  };
}

function replaceLost(terminals: readonly number[]): void {
  for (const fd of terminals) {
    if (isatty(fd)) continue;
    closeSync(fd);
    // Takes the lowest free number: the one that was just closed.
    openSync('/dev/null', 'r+');
  }
}

/** Text of whole lines as an output shows it: on a terminal, lines that are too long are broken between words. */
export function fitText(text: string, { stream }: Output): string {
  return fitLines(text, stream);
}

/** A line of a file that is quoted, and the one below it with the caret: these stay whole. */
const QUOTED = /^ {2}[\d ]+ \| /;

function fitLines(text: string, { isTTY, columns }: Output['stream']): string {
  if (isTTY !== true || columns === undefined || columns <= 0) return text;
  const lines = text.split('\n');
  return lines.flatMap((line) => (QUOTED.test(line) ? [line] : wrapLine(line, columns))).join('\n');
}

/** The styles for what is printed to an output: none where that is no terminal, or colour is unwanted. */
export function openOutputPalette({ stream }: Output): Palette {
  return openPalette(wantsColour(process.env, stream.isTTY === true));
}
