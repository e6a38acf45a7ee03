/** Linking cells: which cells of a stage belong to a cell of another. */

import { cellKey } from './matrix.ts';
import type { PlannedCell, StagePlan } from './name-cells.ts';

/** Finds cells by the axes that two stages share. */
export class CellIndex {
  readonly #plans: ReadonlyMap<string, StagePlan>;
  /** Producer and shared axes → values on those axes → the producer's cells that have them. */
  readonly #indexes = new Map<string, Map<string, PlannedCell[]>>();

  constructor(plans: ReadonlyMap<string, StagePlan>) {
    this.#plans = plans;
  }

  /** The cells of a stage that agree with a cell on the axes that both have. */
  match(plan: StagePlan, from: string, planned: PlannedCell): readonly PlannedCell[] {
    const producer = this.#plans.get(from);
    if (producer === undefined) return [];
    const shared = producer.axes.filter((axis) => plan.axes.includes(axis));
    const indexName = JSON.stringify([from, shared]);
    let index = this.#indexes.get(indexName);
    if (index === undefined) {
      index = new Map();
      for (const candidate of producer.cells) {
        const key = cellKey(candidate.cell, shared);
        const group = index.get(key);
        if (group === undefined) index.set(key, [candidate]);
        else group.push(candidate);
      }
      this.#indexes.set(indexName, index);
    }
    return index.get(cellKey(planned.cell, shared)) ?? [];
  }
}
