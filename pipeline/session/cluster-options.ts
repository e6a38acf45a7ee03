/** The arguments that say where stages run, read for runs and forecasts alike. */

import type { StageSpec } from '../pipeline-file/types.ts';
import { OWN_OPTIONS } from '../slurm/ask-for.ts';
import type { OnInterrupt } from '../slurm/slurm-executor.ts';
import { badArgument } from './mistakes.ts';

/** Options of `run` that say where stages run. */
export interface ExecutorOptions {
  readonly executor?: 'local' | 'slurm';
  /** Options of `sbatch` for all jobs, `name=value`. */
  readonly slurm?: readonly string[];
  readonly onInterrupt?: OnInterrupt;
}

/** Whether nodes of a stage become jobs, where there is a cluster. */
export function becomesJob({ action, isLocal }: StageSpec): boolean {
  return action.kind !== 'template' && !isLocal;
}

/** `partition=gpu` → options of `sbatch`. @throws {UserMistakes} for one that cannot be taken */
export function readJobOptions(texts: readonly string[]): Record<string, string> {
  const pairs = texts.map((text) => {
    const [name = '', ...rest] = text.split('=');
    const isSound = /^[a-z][a-z0-9-]*$/.test(name) && rest.length > 0;
    const argument = `--slurm ${text}`;
    if (isSound && !OWN_OPTIONS.has(name)) return [name, rest.join('=')] as const;
    throw badArgument(
      argument,
      isSound ? `${name} is set by the engine itself` : `"${text}" is no option with a value`,
      { expected: 'an option of sbatch by its long name, such as --slurm partition=gpu' },
    );
  });
  return Object.fromEntries(pairs);
}
