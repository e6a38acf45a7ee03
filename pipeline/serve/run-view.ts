/** What a page shows of a run: the sum of its logged events, the same in the server and in a browser. */

import { stageOf } from '../graph/node-name.ts';
import type { LoggedEvent } from '../history/logged-event.ts';
import { openSeries, type Series } from './series.ts';

/** What has become of a node by now; `waiting` for another process that runs it. */
export type ViewState =
  | 'running'
  | 'waiting'
  | 'retrying'
  | 'executed'
  | 'cached'
  | 'failed'
  | 'skipped';

/** How many nodes are in which state. */
export type StateCounts = Record<ViewState, number>;

/** A node that the log tells of. Times are milliseconds since the epoch. */
export interface NodeView {
  readonly name: string;
  state: ViewState;
  /** When its last attempt began. */
  startedAt?: number;
  /** When it ended. */
  endedAt?: number;
  /** How many attempts were made at it. */
  attempts?: number;
  expectedSeconds?: number;
  /** How far it says that it is, 0 to 1. */
  fraction?: number;
  /** What is to be said of its state: why it failed, is skipped or waits. */
  note?: string;
  /** Path of the log of its last attempt, from the workspace. */
  log?: string;
  cpuSeconds?: number;
  /** Bytes. */
  memory?: number;
}

/** A node that failed, with the end of what it printed. */
export interface FailureView {
  readonly node: string;
  readonly time: number;
  readonly message: string;
  readonly tail: readonly string[];
}

/** The numbers that a node has told, by name. */
export type NodeCurves = Map<string, Series>;

/** A run as far as its log goes. */
export interface RunView {
  phase: 'unknown' | 'running' | 'interrupted' | 'finished';
  startedAt: number;
  /** When the last event was. */
  time: number;
  targets: readonly string[];
  profile: string;
  notice: string | null;
  settings: readonly string[];
  /** How many nodes were selected, and how many may run at once. */
  total: number;
  jobs: number;
  /** Nodes that had not started when that was last told, and the seconds that they were expected to take. */
  left: { readonly nodes: number; readonly seconds: number } | null;
  readonly nodes: Map<string, NodeView>;
  readonly counts: StateCounts;
  /** By stage, in the order in which they were first told of. */
  readonly stages: Map<string, StateCounts>;
  /** Names of the nodes that run, in the order of their starts. */
  readonly running: Set<string>;
  /** The first that failed; more are counted only. */
  readonly failures: FailureView[];
  readonly warnings: { readonly node: string | null; readonly text: string; count: number }[];
  readonly cpus: Series;
  readonly memory: Series;
  /** Of the nodes that run and of those that ended last, so many of these as are worth a chart. */
  readonly curves: Map<string, NodeCurves>;
  /** CPU seconds of its stages, and how long it took; null before its end. */
  end: { readonly seconds: number; readonly cpuSeconds: number | null } | null;
}

/** A run of which nothing is known. */
export function openRunView(): RunView {
  return {
    phase: 'unknown',
    startedAt: 0,
    time: 0,
    targets: [],
    profile: '',
    notice: null,
    settings: [],
    total: 0,
    jobs: 1,
    left: null,
    nodes: new Map(),
    counts: noCounts(),
    stages: new Map(),
    running: new Set(),
    failures: [],
    warnings: [],
    cpus: openSeries(),
    memory: openSeries(),
    curves: new Map(),
    end: null,
  };
}

/** All states, none of them with a node. */
function noCounts(): StateCounts {
  return { running: 0, waiting: 0, retrying: 0, executed: 0, cached: 0, failed: 0, skipped: 0 };
}

/** Nodes that have an outcome. */
export function countEnded(counts: StateCounts): number {
  return counts.executed + counts.cached + counts.failed + counts.skipped;
}

/** Maps as lists of pairs, sets as lists: for JSON. */
export function packRunView(view: RunView): unknown {
  const { nodes, stages, running, curves, ...rest } = view;
  return {
    ...rest,
    nodes: [...nodes.values()],
    stages: [...stages],
    running: [...running],
    curves: [...curves].map(([node, byName]) => [node, [...byName]]),
  };
}

/** Takes back what {@link packRunView} made of a run; the server's own word is trusted. */
export function unpackRunView(packed: unknown): RunView {
  const { nodes, stages, running, curves, ...rest } = packed as Omit<
    RunView,
    'nodes' | 'stages' | 'running' | 'curves'
  > & {
    readonly nodes: NodeView[];
    readonly stages: [string, StateCounts][];
    readonly running: string[];
    readonly curves: [string, [string, Series][]][];
  };
  return {
    ...rest,
    nodes: new Map(nodes.map((node) => [node.name, node])),
    stages: new Map(stages),
    running: new Set(running),
    curves: new Map(curves.map(([node, byName]) => [node, new Map(byName)])),
  };
}

/** A node, which is new where nothing was told of it. */
export function setState(view: RunView, name: string, state: ViewState): NodeView {
  const stage = stageOf(name);
  const counts = view.stages.get(stage) ?? noCounts();
  view.stages.set(stage, counts);
  const known = view.nodes.get(name);
  const node = known ?? { name, state };
  if (known === undefined) view.nodes.set(name, node);
  else {
    counts[known.state] -= 1;
    view.counts[known.state] -= 1;
    known.state = state;
  }
  counts[state] += 1;
  view.counts[state] += 1;
  if (state === 'running') view.running.add(name);
  else view.running.delete(name);
  return node;
}

/** The node that an event is about; null where it is about none. */
export function nodeOf(event: LoggedEvent): string | null {
  const { node } = event;
  return typeof node === 'string' ? node : null;
}
