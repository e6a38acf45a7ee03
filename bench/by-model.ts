/** Trainings of a run and of its rival, model by model. */

import type { TrainedCell } from './cells.ts';
import { formatTable } from './table.ts';

/** A training and how long it took, in seconds: for us the whole node, its process and checkpoints included. */
export interface TimedCell extends TrainedCell {
  readonly seconds: number;
}

/** Trainings of one model on one side. */
interface ModelTime {
  readonly side: string;
  readonly model: string;
  readonly trainings: number;
  readonly steps: number;
  /** Added up over the trainings. */
  readonly seconds: number;
}

/** Adds up the trainings of each model. */
export function sumByModel(side: string, cells: readonly TimedCell[]): ModelTime[] {
  const models = [...new Set(cells.map(({ model }) => model))].toSorted();
  return models.map((model) => {
    const own = cells.filter((cell) => cell.model === model);
    const seconds = own.reduce((sum, cell) => sum + cell.seconds, 0);
    return {
      side,
      model,
      trainings: own.length,
      steps: own.reduce((sum, { steps }) => sum + steps, 0),
      seconds: Number(seconds.toFixed(2)),
    };
  });
}

/** A table of them: starts differ, so that times are by steps too. */
export function formatByModel(times: readonly ModelTime[]): string {
  const rows = times
    .toSorted((a, b) => a.model.localeCompare(b.model))
    .map(({ side, model, trainings, steps, seconds }) => [
      `${model}, ${side}`,
      ...[trainings, steps, seconds].map(String),
      ((1000 * seconds) / steps).toFixed(2),
    ]);
  return formatTable(['', 'trainings', 'steps', 'added up s', 'ms a step'], rows);
}
