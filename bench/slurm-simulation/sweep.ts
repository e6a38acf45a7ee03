/** The sweep that is simulated: a stage with a matrix of trivial cells, which nobody runs. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of `slurm:` in `pipeline.yaml`. */
export interface SlurmSettings {
  readonly queued: number;
  readonly throttle: number;
  readonly poll: string;
}

const MOST_IN_AXIS = 1000;

/**
 * The names of the cells.
 *
 * @param cells how many are wanted, rounded up to whole thousands where there are more than one
 */
export function listCells(cells: number): string[] {
  const { groups, each } = shapeOf(cells);
  return Array.from(
    { length: groups * each },
    (_, at) => `cell/${Math.floor(at / each)}_${at % each}`,
  );
}

/** Makes a workspace with such a sweep. */
export function writeSweep(folder: string, cells: number, settings: SlurmSettings): void {
  const { groups, each } = shapeOf(cells);
  const { queued, throttle, poll } = settings;
  mkdirSync(folder);
  const text = `version: 1
params: { first: 0, groups: ${groups}, each: ${each} }
slurm: { queued: ${queued}, throttle: ${throttle}, poll: ${poll} }
stages:
  cell:
    matrix: { g: { from: first, count: groups }, i: { from: first, count: each } }
    command: echo {{ g }} {{ i }} > {{ outputs.o }}
    outputs: { o: "out/{{ g }}/{{ i }}" }
    retries: { attempts: 3, backoff: 1s }
`;
  writeFileSync(join(folder, 'pipeline.yaml'), text);
}

function shapeOf(cells: number): { readonly groups: number; readonly each: number } {
  const each = Math.min(cells, MOST_IN_AXIS);
  return { groups: Math.ceil(cells / each), each };
}
