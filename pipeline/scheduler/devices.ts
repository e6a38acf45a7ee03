/** The GPUs that a run may use, by the ids that CUDA gives them; each is one node's at a time. */
export class DeviceLedger {
  readonly #free: string[];

  constructor(ids: readonly string[]) {
    this.#free = [...ids];
  }

  /** Takes the first free ones. That there are enough is the schedule's to see to. */
  take(count: number): readonly string[] {
    if (count > this.#free.length) {
      throw new Error(`${count} GPUs were scheduled and ${this.#free.length} are free`);
    }
    return this.#free.splice(0, count);
  }

  give(ids: readonly string[]): void {
    this.#free.push(...ids);
  }
}
