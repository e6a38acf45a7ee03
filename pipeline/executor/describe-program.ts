/** Executing a stage, inside its process: how a program that it started by `$` has failed. */

import { describeExecution } from './describe-execution.ts';

/** A program that has ended, as zx tells of it. */
export interface EndedProgram {
  readonly command: string;
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it was not started, or was called off; null else. */
  readonly fault: Error | null;
  /** What it printed that nobody was shown; empty where that was shown as it came. */
  readonly unshown: string;
  readonly stderr: string;
}

/** Of commands and what they print, in characters and lines: what a message has room for. */
const LONGEST_COMMAND = 400;
const MOST_LINES = 12;

/** By what they are thrown as. */
const failures = new WeakMap<object, EndedProgram>();

/** Keeps of an error how the program ended that it tells of. */
export function noteProgramFailure(error: object, program: EndedProgram): void {
  failures.set(error, program);
}

/**
 * For the user, of an error that a program's failure was thrown as: the command, how it ended, and the
 * last of what it said unless that was shown already. Null for any other error.
 */
export function describeProgramFailure(error: unknown): string | null {
  const program = typeof error === 'object' && error !== null ? failures.get(error) : undefined;
  if (program === undefined) return null;
  const { exitCode, signal, fault, stderr } = program;
  const end =
    fault === null
      ? describeExecution({
          kind: 'command-ended',
          end: { code: exitCode, signal, said: stderr },
        })
      : describeFault(fault);
  return [`the command \`${shorten(program.command)}\` ${end}`, ...lastLines(program.unshown)].join(
    '\n',
  );
}

function describeFault(fault: Error): string {
  if (fault.name === 'AbortError') return 'was called off';
  const { code } = fault as NodeJS.ErrnoException;
  return code === 'E2BIG'
    ? 'could not be started: with its arguments it is longer than the system allows; hand them over in a file, or by `$({ input })`'
    : `could not be started: ${fault.message}`;
}

function shorten(command: string): string {
  const [first = ''] = command.trim().split('\n');
  const isWhole = first === command.trim() && first.length <= LONGEST_COMMAND;
  return isWhole ? first : `${first.slice(0, LONGEST_COMMAND)} …`;
}

function lastLines(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  return lines.filter((line) => line !== '').slice(-MOST_LINES);
}
