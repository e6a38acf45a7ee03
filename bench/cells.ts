/** What the trainings of a run came to, from its records. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMetrics } from '../experiment/recorded/metrics.ts';

/** A training that a run has made. */
export interface TrainedCell {
  /** As its config and its folder of results are called. */
  readonly name: string;
  readonly model: string;
  readonly reached: boolean;
  readonly steps: number;
}

/** The trainings in a workspace. */
export function listCells(workspace: string, profile: string): TrainedCell[] {
  const runs = join(workspace, 'runs', profile);
  return readdirSync(runs)
    .map((name) => ({ name, path: join(runs, name, 'metrics.jsonl') }))
    .filter(({ path }) => existsSync(path))
    .map(({ name, path }) => {
      const lines = parseMetrics(readFileSync(path, 'utf8'));
      const [first, last] = [lines[0], lines.at(-1)];
      return {
        name,
        model: first?.kind === 'run' ? first.model : 'unknown',
        reached: lines.some((line) => line.kind === 'threshold'),
        steps: last?.kind === 'end' ? last.step : 0,
      };
    });
}

/** How many trainings, how many of them reached the interpolation threshold, and all their steps. */
export function countCells(cells: readonly TrainedCell[]) {
  return {
    cells: cells.length,
    reached: cells.filter(({ reached }) => reached).length,
    steps: cells.reduce((sum, { steps }) => sum + steps, 0),
  };
}
