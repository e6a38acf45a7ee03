/** Running, a node's start: its log, and what the user is told. */

import type { Inspection } from '../inspect/inspect.ts';
import { makeLog } from './make-log.ts';
import type { NodeLog } from './outcomes.ts';
import type { Run } from './run.ts';
import type { RunState } from './run-state.ts';
import { WorkLeft } from './work-left.ts';

/** A start that was told of. */
export interface ToldStart {
  readonly work: Inspection;
  readonly log: NodeLog;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Begins the logs of attempts and tells of their starts. */
export class StartTeller {
  readonly #run: Run;
  readonly #state: RunState;
  readonly #workLeft: WorkLeft;

  constructor(run: Run, state: RunState) {
    this.#run = run;
    this.#state = state;
    this.#workLeft = new WorkLeft(run.services.durations, run.services.events.report);
  }

  /**
   * Tells that a node starts, and why where that is asked for, and begins its log.
   *
   * @param cpus with how many CPUs it starts
   */
  tell(work: Inspection, startedAt: number, cpus: number): ToldStart {
    const { id: runId, layout, explainer, services } = this.#run;
    const { schedule, slots, retries } = this.#state;
    const { report, started } = services.events;
    const { id } = work.node;
    const time = startedAt;
    const log = makeLog(layout.log(runId, id, retries.begin(work.node)), layout);
    const text = explainer?.explain(work);
    if (text !== undefined) report({ type: 'node-explained', time, node: id, text });
    const expectedSeconds = this.#workLeft.expect(work.node, cpus);
    report({ type: 'node-started', time, node: id, log: log.name, expectedSeconds });
    started?.(work);
    const all = this.#run.nodes.length;
    this.#workLeft.tell(time, all, () => schedule.open.filter((node) => !slots.has(node)));
    return { work, log, startedAt };
  }
}
