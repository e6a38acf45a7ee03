/** The disk: rows of memos that go when nothing has asked for them in long. */

import { isForgotten, isToBeRenewed } from './memo-age.ts';

/** A row as a memo holds it, with the day when it was last asked for; see {@link dayOf}. */
export type AgedRow<Value> = readonly [key: string, value: Value, usedOn: number];

/** A memory by keys, which forgets what nothing asks for. */
export class AgedRows<Value> {
  readonly #rows: Map<string, readonly [value: Value, usedOn: number]>;
  /** Whether anything was kept since it was last set to false. */
  changed = false;

  constructor(rows: readonly AgedRow<Value>[]) {
    this.#rows = new Map(rows.map(([key, value, usedOn]) => [key, [value, usedOn]]));
  }

  find(key: string, today: number): Value | undefined {
    const row = this.#rows.get(key);
    if (row !== undefined && isToBeRenewed(row[1], today)) this.keep(key, row[0], today);
    return row?.[0];
  }

  keep(key: string, value: Value, today: number): void {
    this.#rows.set(key, [value, today]);
    this.changed = true;
  }

  list(today: number): AgedRow<Value>[] {
    return [...this.#rows].flatMap(([key, [value, usedOn]]) =>
      isForgotten(usedOn, today) ? [] : [[key, value, usedOn] as const],
    );
  }
}
