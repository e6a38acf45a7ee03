/** What `compare.ts` measures side by side, and how each side is started. */

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail } from '../experiment/data/failure.ts';
import type { Program } from './run-together.ts';

/** This checkout, an earlier one, and PyTorch in its two memory formats. */
export const SIDES = ['ours', 'base', 'pytorch', 'channels_last'] as const;

export type Side = (typeof SIDES)[number];

/** How sides are measured, one model at a time. */
export interface SideOptions {
  /** Names as on the command line, with the leading dashes: what every side is given. */
  readonly common: readonly string[];
  /** What only our sides are given. */
  readonly ours: readonly string[];
  /** A Python that has PyTorch. */
  readonly python: string;
  /** The folder of the side `base`. */
  readonly base: string | undefined;
}

/**
 * Calls `act` with the program that measures a model on a side. For the side `base` the measuring code
 * of this checkout stands in a folder of that one, whose engine its imports then lead to; the folder
 * is removed in the end.
 *
 * @throws StageFailure where the folder of the side `base` is no checkout of this project
 */
export async function withSides<Result>(
  options: SideOptions,
  act: (programOf: (side: Side, model: string) => Program) => Promise<Result>,
): Promise<Result> {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const copy = options.base === undefined ? null : copyBench(here, resolve(options.base));
  const remove = () => {
    if (copy !== null) rmSync(copy, { recursive: true, force: true });
  };
  process.once('exit', remove);
  try {
    return await act((side, model) => {
      const args = ['--models', model, ...options.common];
      if (side === 'ours' || side === 'base') {
        const script = join(side === 'base' ? (copy ?? here) : here, 'train-step.ts');
        const command = process.execPath;
        return { command, args: [...process.execArgv, script, ...args, ...options.ours] };
      }
      const format = side === 'channels_last' ? ['--channels-last'] : [];
      return {
        command: options.python,
        args: [join(here, 'pytorch_step.py'), ...args, ...format],
      };
    });
  } finally {
    process.off('exit', remove);
    remove();
  }
}

function copyBench(here: string, base: string): string {
  let copy: string;
  try {
    copy = mkdtempSync(join(base, '.bench-'));
  } catch {
    return fail(`--base is "${base}"; expected the folder of another checkout, writable`);
  }
  cpSync(here, copy, { recursive: true });
  return copy;
}
