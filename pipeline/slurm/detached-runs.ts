/** Runs that may have left jobs behind: what they were asked for, so that they can be taken up again. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../contract/values.ts';
import { isJsonObject } from '../pipeline-file/types.ts';
import { isSystemError } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { removePath } from '../system/remove-path.ts';
import { listJobFiles } from './job-files.ts';
import { JobsLayout } from './jobs-layout.ts';

/** A run with jobs, as it was asked for. */
export interface DetachedRun {
  /** Names the process, see `makeOwnerName`. */
  readonly owner: string;
  readonly startedAt: number;
  readonly targets: readonly string[];
  /** The options that decide what is made and how, by their names. */
  readonly options: Readonly<Record<string, Json>>;
}

/** Notes a run that begins. */
export function keepRun(run: DetachedRun, layout: StateLayout): void {
  writeFileAtomic(pathOf(run.owner, layout), `${JSON.stringify(run)}\n`, layout.temporary);
}

/** A run has left no jobs, or another has taken them over. */
export function forgetRun(owner: string, layout: StateLayout): void {
  removePath(pathOf(owner, layout));
}

/** The runs that were noted, the latest first. */
export function listDetachedRuns(layout: StateLayout): DetachedRun[] {
  const folder = new JobsLayout(layout).runs;
  return listJobFiles(folder)
    .flatMap((name) => readRun(join(folder, name)) ?? [])
    .sort((a, b) => b.startedAt - a.startedAt);
}

function pathOf(owner: string, layout: StateLayout): string {
  return join(new JobsLayout(layout).runs, `${owner}.json`);
}

function readRun(path: string): DetachedRun | null {
  try {
    const run = JSON.parse(readFileSync(path, 'utf8')) as Json;
    if (!isJsonObject(run)) return null;
    const { owner, startedAt, targets, options } = run;
    const isSound = typeof owner === 'string' && typeof startedAt === 'number';
    if (!isSound || !Array.isArray(targets) || !isJsonObject(options)) return null;
    return { owner, startedAt, targets: targets.map(String), options };
  } catch (error) {
    if (error instanceof SyntaxError || isSystemError(error)) return null;
    throw error;
  }
}
