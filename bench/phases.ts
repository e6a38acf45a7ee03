/** The events of a run (`pipeline run --json`) → where its wall clock went. */

/** The part that is read of the events of a run; `time` is in milliseconds. */
export interface TimedEvent {
  readonly type: string;
  readonly time: number;
  /** `<stage>/<cell>`, of events of nodes. */
  readonly node?: string;
}

/** What the nodes of one phase cost, in seconds. */
export interface Phase {
  readonly phase: string;
  readonly nodes: number;
  /** Its part of the wall clock: nodes that ran at the same moment share it evenly. */
  readonly wall_s: number;
  /** From the start to the end of each of its nodes, added up. */
  readonly nodes_s: number;
}

/** Stages by phase; any other stage is a phase by itself. */
const PHASES: readonly (readonly [RegExp, string])[] = [
  [/^(synthesize|download|corrupt)$/, 'data'],
  [/^train$/, 'training'],
  [/^evaluate$/, 'evaluation'],
  [/^plot-/, 'plots'],
  [/^(configure|architecture)$/, 'configs'],
];

/**
 * Divides a run's wall clock, from the start of its process to its end, into phases that add up to it:
 * `start-up` until the first node starts, the phases of its nodes, `between nodes`, when none ran, and
 * `end` after the last.
 */
export function findPhases(
  events: readonly TimedEvent[],
  { started, ended }: { readonly started: number; readonly ended: number },
): Phase[] {
  const sums = new Map<string, { nodes: number; wall: number; inNodes: number }>();
  const sumOf = (phase: string) => {
    const sum = sums.get(phase) ?? { nodes: 0, wall: 0, inNodes: 0 };
    sums.set(phase, sum);
    return sum;
  };
  const running = new Map<string, number>();
  let [last, before] = [started, 'start-up'];
  const pass = (time: number, idle: string) => {
    for (const node of running.keys()) sumOf(phaseOf(node)).wall += (time - last) / running.size;
    if (running.size === 0) sumOf(idle).wall += time - last;
    last = time;
  };
  for (const { type, time, node } of events) {
    if (node === undefined) continue;
    if (type === 'node-started') {
      pass(time, before);
      before = 'between nodes';
      running.set(node, time);
    } else if (type === 'node-finished' || type === 'node-failed') {
      const since = running.get(node);
      if (since === undefined) continue;
      pass(time, before);
      running.delete(node);
      const sum = sumOf(phaseOf(node));
      sum.nodes += 1;
      sum.inNodes += time - since;
    }
  }
  pass(ended, 'end');
  return [...sums].map(([phase, { nodes, wall, inNodes }]) => ({
    phase,
    nodes,
    wall_s: round(wall / 1000),
    nodes_s: round(inNodes / 1000),
  }));
}

/** Seconds of each node that came to its end. */
export function findNodeSeconds(events: readonly TimedEvent[]): ReadonlyMap<string, number> {
  const started = new Map<string, number>();
  const seconds = new Map<string, number>();
  for (const { type, time, node } of events) {
    if (node === undefined) continue;
    if (type === 'node-started') started.set(node, time);
    const since = started.get(node);
    if (type === 'node-finished' && since !== undefined) seconds.set(node, (time - since) / 1000);
  }
  return seconds;
}

function phaseOf(node: string): string {
  const [stage = node] = node.split('/');
  return PHASES.find(([pattern]) => pattern.test(stage))?.[1] ?? stage;
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
