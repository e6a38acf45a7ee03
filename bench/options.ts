/** What the benchmarks' command lines share. */

import { constants } from 'node:os';
import { fail, StageFailure } from '../experiment/data/failure.ts';

/** The positive number that an option gives. Fails where it gives none. */
export function readNumber(name: string, text: string): number {
  const value = Number(text);
  return value > 0 && Number.isFinite(value)
    ? value
    : fail(`--${name} is "${text}"; expected a number above 0`);
}

/**
 * Runs a benchmark and sets the exit code: what it returns, or 2 after a mistake of the user. A signal
 * ends it as an exit does, so that what is to be removed then is removed.
 */
export async function runMain(main: () => Promise<number>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof StageFailure)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
