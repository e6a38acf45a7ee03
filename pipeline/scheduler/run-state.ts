/** Running, where a run stands: what is known, what waits, what is under way. */

import type { Fingerprint } from '../fingerprint/record.ts';
import type { NodeId } from '../graph/types.ts';
import type { KnownResult } from '../inspect/inspect.ts';
import { Errands } from './errands.ts';
import { Outcomes } from './outcomes.ts';
import { expectSeconds } from './priorities.ts';
import { recallUnchanged } from './recall-unchanged.ts';
import { Retries } from './retry.ts';
import type { Run } from './run.ts';
import { Schedule } from './schedule.ts';
import { Slots } from './slots.ts';
import { Underway } from './underway.ts';
import { Waits } from './waits.ts';

/** Where a run stands. */
export interface RunState {
  readonly schedule: Schedule;
  /** Nodes that wait for work of other processes. */
  readonly waits: Waits;
  /** Nodes for which something is fetched. */
  readonly errands: Errands;
  readonly retries: Retries;
  /** Results of the nodes that are done. */
  readonly known: Map<NodeId, KnownResult>;
  /** Of nodes with a result of others, the names of outputs that nobody has wanted in their places so far. */
  readonly leftOut: Map<NodeId, readonly string[]>;
  /** The results that the run relies on. */
  readonly used: Fingerprint[];
  /** Nodes that have their resources. */
  readonly slots: Slots;
  /** What the run waits for before it ends. */
  readonly underway: Underway;
  readonly outcomes: Outcomes;
}

/**
 * Begins a run: nodes that need no look are recalled in one pass, so that the schedule is of the others.
 */
export async function beginRun(run: Run): Promise<RunState> {
  const { events, durations, leases } = run.services;
  const outcomes = new Outcomes(events);
  const recalled = await recallUnchanged(run, outcomes);
  const schedule = new Schedule(recalled.left, run.pool, expectSeconds(durations));
  const underway = new Underway();
  return {
    schedule,
    waits: new Waits(leases),
    errands: new Errands(),
    retries: new Retries(),
    known: recalled.known,
    leftOut: new Map(),
    used: recalled.used,
    slots: new Slots(schedule, underway),
    underway,
    outcomes,
  };
}
