/** Runs the programs that an installation needs: npm, Python, a compiler. */

import type { Shell } from 'rederive/contract';

/** How a program ended. */
export interface ProgramEnd {
  /** Null where a signal ended it; 127 where it could not be started. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Why a signal ended it; null where it ended by itself. */
  readonly fault: string | null;
}

/** Where a program runs, and what ends it early. */
export interface ProgramOptions {
  readonly cwd?: string;
  /** Added to this process's variables. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Ends it after so many milliseconds. */
  readonly timeout?: number;
}

/** The installation was interrupted by this signal. */
export class Interrupted extends Error {
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

/** Throws {@link Interrupted} where the signal was aborted. */
export function throwIfInterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new Interrupted(signal.reason as NodeJS.Signals);
}

/**
 * Runs a program to its end, with everything that it starts: all is ended where `signal` is aborted, the
 * time is up, or this process ends, and is gone when this returns. Nothing of it is shown.
 *
 * @param words the program and its arguments
 * @throws {@link Interrupted} where `signal` was aborted
 */
export async function runProgram(
  $: Shell,
  words: readonly string[],
  { cwd, env, signal, timeout }: ProgramOptions = {},
): Promise<ProgramEnd> {
  if (signal !== undefined) throwIfInterrupted(signal);
  const ask = $({
    ...{ detached: true, nothrow: true, quiet: true, stdio: ['ignore', 'pipe', 'pipe'] },
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...$.env, ...env },
    ...(signal === undefined ? {} : { signal }),
    ...(timeout === undefined ? {} : { timeout, timeoutSignal: 'SIGKILL' }),
  });
  // In the place of bash, so that a signal that ends it is told as such.
  const { exitCode, signal: killed, duration, stdout, stderr } = await ask`exec ${words}`;
  if (signal !== undefined) throwIfInterrupted(signal);
  const isLate = timeout !== undefined && duration >= timeout;
  const why = isLate ? `it did not end within ${timeout / 1000} s` : `it was ended by ${killed}`;
  return { code: exitCode, stdout, stderr, fault: killed === null ? null : why };
}

/** The last lines that a program printed, on standard error or else on standard output. */
export function lastLines({ stdout, stderr, fault }: ProgramEnd, count = 12): string {
  const text = stderr.trim() === '' ? stdout : stderr;
  const lines = text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  return [...lines.slice(-count), ...(fault === null ? [] : [fault])]
    .map((line) => `  ${line}`)
    .join('\n');
}
