/** Running, the loop: looks at what is ready, runs what fits, waits for something to end. */

import type { Fingerprint } from '../fingerprint/record.ts';
import { describeFault } from '../system/fault.ts';
import { NodeEnds } from './node-ends.ts';
import { NodeStory } from './node-story.ts';
import type { RunCounts } from './outcomes.ts';
import { type Run, stackPathOf } from './run.ts';
import { beginRun, type RunState } from './run-state.ts';

/** Results that wait for the disk while other stages run already. */
const MOST_PUBLISHING = 16;

/** What a run has done. */
export interface RunEnd {
  readonly counts: RunCounts;
  /** The results that it relied on. */
  readonly used: readonly Fingerprint[];
}

/**
 * Brings the nodes of a run up to date, as many at a time as resources allow, the longest predicted
 * path to an end first. A failure stops new starts, unless the run keeps going, but lets what runs end,
 * because its result is kept. Whatever is thrown about a node fails that node.
 */
export async function runNodes(run: Run): Promise<RunEnd> {
  const { signal } = run;
  const state = await beginRun(run);
  const ends = new NodeEnds(run, state);
  const stopAll = () => {
    state.retries.stop();
    state.errands.clear();
    state.slots.stopAll();
  };
  signal.addEventListener('abort', stopAll);
  try {
    await loop(run, state, ends);
  } finally {
    signal.removeEventListener('abort', stopAll);
    state.waits.close();
    stopAll();
  }
  if (!signal.aborted) await tellPlaces(run, state);
  ends.failUntold();
  return { counts: state.outcomes.counts, used: state.used };
}

async function loop(run: Run, state: RunState, ends: NodeEnds): Promise<void> {
  const { signal, carried, services } = run;
  const { schedule, waits, errands, slots, underway } = state;
  const { now } = services.events;
  const mostSlots = run.pool.lanes + MOST_PUBLISHING;
  const story = new NodeStory(run, state, ends);
  for (;;) {
    if (signal.aborted) ends.stopOnAbort();
    const node = schedule.nextReady() ?? waits.takeFree() ?? errands.takeDone();
    if (node !== undefined) {
      const startedAt = now();
      await story.begin(node, startedAt).catch(ends.failOn(node, startedAt));
      continue;
    }
    const next = slots.size >= mostSlots ? undefined : schedule.nextRunnable();
    if (next !== undefined) {
      const { node } = next;
      slots.occupy(node, next, (slot) => story.run(node, slot), ends.failOn(node, now()));
      continue;
    }
    // Those that have just started have not begun: they do with what this gives them.
    schedule.spreadCpus();
    const others = carried?.ends() ?? [];
    if (underway.size === 0 && waits.isEmpty && errands.isEmpty) {
      if (others.length === 0) return story.auditor.tellUnaudited();
      // Whatever still waits is kept from its resources by attempts that may be of no use.
      carried?.stopOthers();
    }
    const heeded = slots.untilHeeded();
    await Promise.race([underway.next, ...waits.pauses(), ...errands.pauses(), ...others, heeded]);
  }
}

/** Says what stands in the workspace where another run was at work too; nothing is lost by it. */
async function tellPlaces(run: Run, state: RunState): Promise<void> {
  const { outputs, events } = run.services;
  const nodes =
    state.leftOut.size === 0 ? run.nodes : run.nodes.filter(({ id }) => !state.leftOut.has(id));
  const text = await outputs.finish(nodes, state.known).catch((error: unknown) => {
    const fault = describeFault(error, stackPathOf(run));
    return `it could not be seen whether all results are in their places: ${fault}`;
  });
  if (text !== null) events.report({ type: 'warning', time: events.now(), node: null, text });
}
