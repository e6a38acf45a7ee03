/** What the trainings of a run came to, from its records. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMetrics } from '../experiment/recorded/metrics.ts';

/** Counts the trainings in a workspace, those that reached the interpolation threshold, and all steps. */
export function findCells(workspace: string, profile: string) {
  let [cells, reached, steps] = [0, 0, 0];
  for (const path of listMetrics(join(workspace, 'runs', profile))) {
    const lines = parseMetrics(readFileSync(path, 'utf8'));
    const end = lines.at(-1);
    cells += 1;
    if (lines.some((line) => line.kind === 'threshold')) reached += 1;
    steps += end?.kind === 'end' ? end.step : 0;
  }
  return { cells, reached, steps };
}

function listMetrics(runs: string): string[] {
  return readdirSync(runs)
    .map((name) => join(runs, name, 'metrics.jsonl'))
    .filter((path) => existsSync(path));
}
