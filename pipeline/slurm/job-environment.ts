/** The environment of a stage on a node: that of the submission, and what modules and prologues set up there. */

import { readFileSync } from 'node:fs';
import { showGpusOfJob } from '../executor/gpu-variables.ts';
import { isErrorCode } from '../system/errors.ts';
import { removePath } from '../system/remove-path.ts';
import type { WholeTask } from './job-files.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** What a batch shell changes by itself, and Slurm's own. */
const NOISE = /^(_|PWD|OLDPWD|SHLVL|SLURM_.*|SLURMD_.*|APPTAINER_.*|SINGULARITY_.*)$/;
/** Functions of bash are exported under names that no variable has. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The variables as they were before a job's environment was set up; null where it has none to set up.
 * The file is removed: it may hold what is secret.
 */
export function takeVariablesBefore(path: string): Record<string, string> | null {
  try {
    const text = readFileSync(path, 'utf8');
    removePath(path);
    const pairs = text.split('\0').map((line) => [line.split('=', 1)[0] ?? '', line] as const);
    return Object.fromEntries(pairs.map(([name, line]) => [name, line.slice(name.length + 1)]));
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return null;
    throw error;
  }
}

/** A stage's environment on this node, and the names of what was set up for it. */
export function makeJobEnvironment(
  { env, fixed, task, provided }: Pick<WholeTask, 'env' | 'fixed' | 'task' | 'provided'>,
  now: Variables,
  before: Variables | null,
): { readonly env: Record<string, string>; readonly changed: string[] } {
  const isFixed = (name: string) => fixed.includes(name) && env[name] !== undefined;
  const all = before === null ? [] : listChanged(before, now);
  const changed = all.filter((name) => !isFixed(name));
  const merged: Record<string, string> = { ...env };
  for (const name of changed) {
    const value = now[name];
    if (value === undefined) delete merged[name];
    else merged[name] = value;
  }
  // Slurm, or a node's own settings, say where there is room and which GPUs are this job's.
  if (now['TMPDIR'] !== undefined) merged['TMPDIR'] = now['TMPDIR'];
  else delete merged['TMPDIR'];
  for (const [name, value] of Object.entries(showGpusOfJob(task.job.gpus, now))) {
    if (value === undefined) delete merged[name];
    else merged[name] = value;
  }
  if (changed.includes('PYTHONPATH') && provided.length > 0) {
    merged['PYTHONPATH'] = [now['PYTHONPATH'] ?? '', ...provided]
      .filter((one) => one !== '')
      .join(':');
  }
  return { env: merged, changed };
}

function listChanged(before: Variables, now: Variables): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names]
    .filter((name) => NAME.test(name) && !NOISE.test(name) && before[name] !== now[name])
    .sort();
}
