/** Which GPU is whose. */

/** The GPUs that a run may use, by the ids that CUDA gives them; each is one node's at a time. */
export class DeviceLedger {
  readonly #free: string[];

  constructor(ids: readonly string[]) {
    this.#free = [...ids];
  }

  /**
   * Takes the first free ones. That there are enough is the schedule's to see to.
   *
   * @throws Error where there are not so many: a bug of ours
   */
  take(count: number): readonly string[] {
    if (count > this.#free.length) {
      throw new Error(`${count} GPUs were scheduled and ${this.#free.length} are free`);
    }
    return this.#free.splice(0, count);
  }

  /**
   * Takes certain ones, which must be free.
   *
   * @throws Error where one is taken: a bug of ours
   */
  takeThese(ids: readonly string[]): void {
    for (const id of ids) {
      const place = this.#free.indexOf(id);
      if (place === -1) throw new Error(`the GPU ${id} is not free`);
      this.#free.splice(place, 1);
    }
  }

  give(ids: readonly string[]): void {
    this.#free.push(...ids);
  }
}
