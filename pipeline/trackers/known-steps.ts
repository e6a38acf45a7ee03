/** The steps of metrics that a server has already: asked for once a metric, and only while that is in question. */

import { type TrackerBatch, TrackerFault } from './tracker.ts';

/** Asks for the steps of a metric. */
export type AskSteps = (metric: string) => Promise<Iterable<number>>;

/** A value of a metric: at which step. */
export interface MetricPoint {
  readonly metric: string;
  readonly step: number;
}

/** What a server is known to have of an experiment. */
export class KnownSteps {
  /** An experiment that was there before: whoever began it may have told anything. */
  readonly #isAdopted: boolean;
  /** Null while what comes was certainly never sent. */
  #steps: Map<string, Set<number>> | null = null;

  constructor(isAdopted: boolean) {
    this.#isAdopted = isAdopted;
  }

  /** Begins a batch. */
  begin({ isRepeated }: Pick<TrackerBatch, 'isRepeated'>): void {
    if (isRepeated || this.#isAdopted) this.#steps ??= new Map();
  }

  /** All of a batch was taken: what comes next was never sent. */
  end(): void {
    if (!this.#isAdopted) this.#steps = null;
  }

  /** Of values at a step, those that the server lacks. */
  async lacking(
    step: number,
    values: Readonly<Record<string, number>>,
    ask: AskSteps,
  ): Promise<Readonly<Record<string, number>>> {
    const steps = this.#steps;
    if (steps === null) return values;
    const lacking: Record<string, number> = {};
    for (const [metric, value] of Object.entries(values)) {
      const known = steps.get(metric) ?? new Set(await ask(metric));
      steps.set(metric, known);
      if (!known.has(step)) lacking[metric] = value;
    }
    return lacking;
  }

  /** Notes what is sent as had by the server. Where that is not certain, it has to be asked anew. @throws what `send` throws */
  async sending(points: readonly MetricPoint[], send: () => Promise<void>): Promise<void> {
    try {
      await send();
    } catch (error) {
      if (error instanceof TrackerFault && !error.isCertain) this.#steps = null;
      throw error;
    }
    for (const { metric, step } of points) this.#steps?.get(metric)?.add(step);
  }
}
