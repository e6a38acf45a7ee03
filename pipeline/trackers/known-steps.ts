/** The steps of metrics that a server has already, asked for once a metric. */

/** Asks for the steps of a metric. */
export type AskSteps = (metric: string) => Promise<Iterable<number>>;

/** Remembers what a server said it has. */
export class KnownSteps {
  readonly #ask: AskSteps;
  readonly #steps = new Map<string, Set<number>>();

  constructor(ask: AskSteps) {
    this.#ask = ask;
  }

  /** Of values at a step, those that the server lacks. */
  async lacking(
    step: number,
    values: Readonly<Record<string, number>>,
  ): Promise<Record<string, number>> {
    const lacking: Record<string, number> = {};
    for (const [metric, value] of Object.entries(values)) {
      let known = this.#steps.get(metric);
      if (known === undefined) {
        known = new Set(await this.#ask(metric));
        this.#steps.set(metric, known);
      }
      if (!known.has(step)) lacking[metric] = value;
    }
    return lacking;
  }

  /** Notes what the server has taken since. */
  note(step: number, metrics: Iterable<string>): void {
    for (const metric of metrics) this.#steps.get(metric)?.add(step);
  }
}
