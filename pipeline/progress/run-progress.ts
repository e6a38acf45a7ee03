/** The sum of a run's events so far, which frames and final lines are made of. */

import type { StageEvent } from '../contract/stage.ts';
import type { JsonObject } from '../contract/values.ts';
import { EndedWork } from './ended-work.ts';
import { type Estimate, estimateRemaining, type Workload } from './eta.ts';
import type { RunEvent } from './events.ts';
import { advanceMeter, type Meter } from './meter.ts';

/** A node whose process runs. */
export interface RunningNode {
  readonly startedAt: number;
  /** How long it was expected to take; null where unknown. */
  readonly expectedSeconds: number | null;
  /** How far the node is, 0 to 1, where it says so. */
  fraction: number | null;
  /** Its current bar. */
  meter: Meter | null;
  /** What it has measured last, by name. */
  metrics: JsonObject;
  /** What it has printed last. */
  line: string;
}

/** Where a run stands: the sum of its events, updated in place as they may be many. */
export interface RunProgress {
  phase: 'idle' | 'running' | 'interrupted' | 'finished';
  targets: readonly string[];
  profile: string;
  startedAt: number;
  nodes: number;
  jobs: number;
  executed: number;
  /** The nodes that had not started when that was last told. */
  waiting: Workload['waiting'];
  /** What ended in this run, by stage. */
  readonly ended: EndedWork;
  cached: number;
  failed: number;
  skipped: number;
  /** By node name, in the order of their start. */
  readonly running: Map<string, RunningNode>;
  /** What goes to and comes from the remote cache. */
  readonly transfers: Map<string, Transfer>;
}

type Transfer = Extract<RunEvent, { readonly type: 'transfer' }>;

/** The state before the first event. */
export function openRunProgress(): RunProgress {
  return {
    phase: 'idle',
    targets: [],
    profile: '',
    startedAt: 0,
    nodes: 0,
    jobs: 1,
    executed: 0,
    waiting: { nodes: 0, seconds: 0, longestSeconds: 0, unknown: 0 },
    ended: new EndedWork(),
    cached: 0,
    failed: 0,
    skipped: 0,
    running: new Map(),
    transfers: new Map(),
  };
}

/** Adds one event to the state. */
export function applyEvent(state: RunProgress, event: RunEvent): void {
  switch (event.type) {
    case 'run-started':
      // Under `watch` one state sees several runs.
      Object.assign(state, { ...openRunProgress(), running: state.running });
      state.running.clear();
      state.phase = 'running';
      state.targets = event.targets;
      state.profile = event.profile;
      state.startedAt = event.time;
      state.nodes = event.nodes;
      state.jobs = event.jobs;
      return;
    case 'node-started': {
      const { time: startedAt, expectedSeconds } = event;
      state.running.set(event.node, {
        ...{ startedAt, expectedSeconds, fraction: null, meter: null },
        ...{ metrics: {}, line: '' },
      });
      return;
    }
    case 'work-left':
      state.waiting = event;
      return;
    case 'transfer':
      if (event.isLast) state.transfers.delete(event.direction);
      else state.transfers.set(event.direction, event);
      return;
    case 'node-waiting':
    case 'node-rechecked':
      state.running.delete(event.node);
      return;
    case 'node-event': {
      const node = state.running.get(event.node);
      if (node !== undefined) applyStageEvent(node, event.event, event.time);
      return;
    }
    case 'node-finished':
      state.ended.note(event, state.running.get(event.node));
      state.running.delete(event.node);
      state[event.outcome] += 1;
      return;
    case 'node-failed':
      state.running.delete(event.node);
      state.failed += 1;
      return;
    case 'node-retrying':
      state.running.delete(event.node);
      return;
    case 'node-skipped':
      state.running.delete(event.node);
      state.skipped += 1;
      return;
    case 'node-explained':
    case 'load':
    case 'warning':
    case 'watch':
    case 'mistakes':
      return;
    case 'run-interrupted':
      state.phase = 'interrupted';
      return;
    case 'run-finished':
      state.phase = 'finished';
      return;
    default:
      event satisfies never;
  }
}

/** Nodes that have an outcome. */
export function countFinished(state: RunProgress): number {
  return state.executed + state.cached + state.failed + state.skipped;
}

/** Share of the run's nodes that is done, 0 to 1, running ones counted by their own fraction. */
export function measureFraction(state: RunProgress): number {
  if (state.nodes <= 0) return 0;
  let done = countFinished(state);
  for (const node of state.running.values()) done += node.fraction ?? 0;
  return Math.min(1, done / state.nodes);
}

/** When the run is expected to end; null where unknown. `now` in milliseconds since the epoch. */
export function estimateEnd(state: RunProgress, now: number): Estimate | null {
  const { pace } = state.ended;
  const running = [...state.running].map(([name, node]) => ({
    elapsedSeconds: Math.max(0, now - node.startedAt) / 1000,
    expectedSeconds: state.ended.expect(name, node.expectedSeconds),
    fraction: node.fraction,
    lastFraction: state.ended.lastFractionOf(name),
  }));
  const told = state.waiting;
  const nodes = Math.max(0, state.nodes - countFinished(state) - running.length);
  // Since that was told some of them have started, or turned out to need no work.
  const share = told.nodes === 0 ? 0 : Math.min(1, nodes / told.nodes);
  return estimateRemaining({
    elapsedSeconds: (now - state.startedAt) / 1000,
    waiting: {
      nodes,
      seconds: told.seconds * share * pace,
      longestSeconds: nodes === told.nodes ? told.longestSeconds * pace : 0,
      unknown: told.nodes === 0 ? nodes : told.unknown,
    },
    typicalSeconds: state.ended.typicalSeconds,
    jobs: state.jobs,
    running,
  });
}

function applyStageEvent(node: RunningNode, event: StageEvent, time: number): void {
  switch (event.type) {
    case 'progress':
      node.meter = advanceMeter(node.meter, event, time, node.startedAt);
      return;
    case 'fraction':
      node.fraction = Math.min(1, Math.max(0, event.value));
      return;
    case 'metrics':
      node.metrics = { ...node.metrics, ...event.values };
      return;
    case 'line':
      node.line = event.text;
      return;
    case 'message':
    case 'summary':
      return;
    default:
      event satisfies never;
  }
}
