/** What the nodes that ended tell of those that run and wait. */

import { stageOf } from '../graph/node-name.ts';
import type { RunEvent } from './events.ts';

/** What is known of a node that ran. */
interface Ran {
  readonly expectedSeconds: number | null;
  readonly fraction: number | null;
}

/** Of one stage, the nodes that ran to their end. */
interface EndedStage {
  nodes: number;
  /** The sums of the logarithms, so that their means are those of factors. */
  logSeconds: number;
  fractions: number;
  logFraction: number;
}

/** So many seconds count as having been as expected: a few short nodes say little of a machine's pace. */
const NO_NEWS_SECONDS = 1;
/** Of fewer stages nothing is taken for nodes of others, which may be of another kind altogether. */
const FEWEST_STAGES = 3;

/**
 * What a run has taken so far, beside what it was expected to take: a machine that is busy today, or was
 * on the day of the records, makes all nodes slower or faster by about one factor.
 */
export class EndedWork {
  readonly #stages = new Map<string, EndedStage>();
  #seconds = NO_NEWS_SECONDS;
  #logPace = 0;

  /** Adds a node. */
  note(
    { node, outcome, seconds }: Extract<RunEvent, { readonly type: 'node-finished' }>,
    ran: Ran | undefined,
  ): void {
    if (outcome !== 'executed' || ran === undefined) return;
    const name = stageOf(node);
    const stage = this.#stages.get(name) ?? {
      nodes: 0,
      logSeconds: 0,
      fractions: 0,
      logFraction: 0,
    };
    this.#stages.set(name, stage);
    stage.nodes += 1;
    stage.logSeconds += Math.log(seconds + 1e-3);
    if (ran.fraction !== null && ran.fraction > 0) {
      stage.fractions += 1;
      stage.logFraction += Math.log(ran.fraction);
    }
    if (ran.expectedSeconds === null || ran.expectedSeconds <= 0 || seconds <= 0) return;
    // A node of another kind, expected to be like the rest, says nothing of the machine: it counts for little.
    const weight = Math.min(ran.expectedSeconds, seconds);
    this.#seconds += weight;
    this.#logPace += weight * Math.log(seconds / ran.expectedSeconds);
  }

  /** How many times as long as expected nodes take in this run. */
  get pace(): number {
    return Math.exp(this.#logPace / this.#seconds);
  }

  /** Seconds that a running node takes; null where nothing is known. @param expected when it started */
  expect(node: string, expected: number | null): number | null {
    if (expected !== null) return expected * this.pace;
    const stage = this.#stages.get(stageOf(node));
    return stage === undefined ? null : Math.exp(stage.logSeconds / stage.nodes);
  }

  /** Seconds that a node of a stage takes of which nothing ever ran, as stages go; null where too few have run. */
  get typicalSeconds(): number | null {
    if (this.#stages.size < FEWEST_STAGES) return null;
    const means = [...this.#stages.values()].map(({ nodes, logSeconds }) => logSeconds / nodes);
    return Math.exp(means.reduce((sum, mean) => sum + mean, 0) / means.length);
  }

  /** How far the nodes of a node's stage were when they ended, 0 to 1; 1 where that is not known. */
  lastFractionOf(node: string): number {
    const stage = this.#stages.get(stageOf(node));
    if (stage === undefined || stage.fractions === 0) return 1;
    return Math.exp(stage.logFraction / stage.fractions);
  }
}
