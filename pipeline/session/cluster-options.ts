/** The arguments that say where stages run, read for runs and forecasts alike. */

import type { StageSpec } from '../pipeline-file/types.ts';
import { refuseOption } from '../slurm/ask-for.ts';
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
    const refusal = refuseOption(name);
    if (isSound && refusal === null) return [name, rest.join('=')] as const;
    const { message, ...hint } = refusal ?? { message: `"${text}" is no option with a value` };
    throw badArgument(`--slurm ${text}`, message, {
      expected: 'an option of sbatch by its long name, such as --slurm partition=gpu',
      ...hint,
    });
  });
  return Object.fromEntries(pairs);
}
