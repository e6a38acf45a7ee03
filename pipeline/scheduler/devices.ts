/** How much of which GPU is free: whole ones for nodes that take any number, and parts that nodes share. */

/** So finely is a GPU divided: a thousandth of the least that a stage can ask for, so that thirds add up. */
const PARTS = 100_000;

/** The GPUs of a run, by their ids, with what of each nobody has taken. */
export class Devices {
  readonly ids: readonly string[];
  /** Of each, in its place. */
  readonly #free: number[];

  /** @param free what of each is free, in parts; absent where nothing is taken */
  constructor(ids: readonly string[], free: readonly number[] = ids.map(() => PARTS)) {
    this.ids = ids;
    this.#free = [...free];
  }

  /** The same GPUs with as much taken, for whoever tries what would fit. */
  copy(): Devices {
    return new Devices(this.ids, this.#free);
  }

  /**
   * Which ones an amount would be given now: whole ones are the first that nobody has a part of; a part
   * is of the one with the least left that has enough of it, so that whole ones stay whole, and of equal
   * ones of the first. A part is never of two.
   *
   * @param amount a whole number, or less than one
   * @returns their ids, or null where they are not free
   */
  find(amount: number): readonly string[] | null {
    if (amount === 0) return [];
    if (amount >= 1) {
      const whole = this.ids.filter((_, place) => this.#free[place] === PARTS);
      return whole.length < amount ? null : whole.slice(0, amount);
    }
    const parts = partsOf(amount);
    let best: number | null = null;
    for (const [place, free] of this.#free.entries()) {
      if (free >= parts && (best === null || free < (this.#free[best] ?? 0))) best = place;
    }
    return best === null ? null : this.ids.slice(best, best + 1);
  }

  /**
   * Takes an amount of certain ones, as {@link find} has given them.
   *
   * @throws Error where so much of one is not free: a bug of ours
   */
  take(amount: number, ids: readonly string[]): void {
    const parts = Math.min(PARTS, partsOf(amount));
    for (const place of this.#placesOf(ids)) {
      if ((this.#free[place] ?? 0) < parts) throw new Error(`${amount} of ${ids} is not free`);
      this.#free[place] = (this.#free[place] ?? 0) - parts;
    }
  }

  /**
   * Gives back what {@link take} took.
   *
   * @throws Error where that was not taken: a bug of ours
   */
  give(amount: number, ids: readonly string[]): void {
    const parts = Math.min(PARTS, partsOf(amount));
    for (const place of this.#placesOf(ids)) {
      const free = (this.#free[place] ?? 0) + parts;
      if (free > PARTS) throw new Error(`${amount} of ${ids} was not taken`);
      this.#free[place] = free;
    }
  }

  #placesOf(ids: readonly string[]): number[] {
    return ids.map((id) => this.ids.indexOf(id));
  }
}

function partsOf(amount: number): number {
  return Math.round(amount * PARTS);
}
