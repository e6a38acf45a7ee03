/** A plan and durations → what a run would do, and how long. */

import type { Fingerprint } from '../fingerprint/record.ts';
import type { GraphNode, NodeId } from '../graph/types.ts';
import { scaleSeconds } from '../inspect/durations.ts';
import type { NodeState, Plan, PlannedNode } from '../inspect/plan.ts';
import { expectSeconds } from '../scheduler/priorities.ts';
import { mostCpusOf, type ResourcePool } from '../scheduler/resources.ts';
import { findCriticalPath } from './critical-path.ts';
import { type ForecastPrediction, type ForecastPredictor, leastSecondsOf } from './predictions.ts';
import { type ArrayThrottle, type SimulatedWork, simulateRun } from './simulate.ts';

/** What a run would do with a node; {@link NodeState}, or wait for another process that runs it. */
export type ForecastState = NodeState | 'running-elsewhere';

/** A node of a plan with its predicted time. */
export interface ForecastNode {
  readonly planned: PlannedNode;
  readonly state: ForecastState;
  /** Null for a node that need not run. */
  readonly prediction: ForecastPrediction | null;
  /** It may turn out to need no run: it ran before, and what it reads may come out as it was. */
  readonly isSparable: boolean;
}

/** What a run would do and how long it would take. Where nothing is known of a node, it counts 0. */
export interface Forecast {
  readonly nodes: readonly ForecastNode[];
  /** Seconds of all nodes that are certain to run, one after the other. */
  readonly certainSeconds: number;
  /** Seconds of those that run only if what they read changes. */
  readonly possibleSeconds: number;
  /** Nodes that will or may run and of whose stage no run is known. */
  readonly unknown: readonly NodeId[];
  /** Seconds to the end of the run: if nothing runs but what must, and if everything does. */
  readonly finish: { readonly least: number; readonly most: number };
  /** The chain of nodes that takes longest, however many run at once. */
  readonly criticalPath: { readonly nodes: readonly NodeId[]; readonly seconds: number };
  /** Nodes that this machine cannot run, for lack of GPUs. */
  readonly impossible: readonly NodeId[];
}

/** What forecasting asks. */
export interface ForecastTools {
  readonly durations: Pick<ForecastPredictor, 'predict'>;
  /** Whether a node ever ran. */
  readonly hasRun: (node: GraphNode) => boolean;
  /** What the run would have at hand; a fresh one each time. */
  readonly openPool: () => ResourcePool;
  /** Whether another process runs a fingerprint at the moment. */
  readonly isRunningElsewhere?: (fingerprint: Fingerprint) => boolean;
  /** How many jobs of a kind run at once at most; absent where none is submitted. */
  readonly throttle?: ArrayThrottle;
  /** Counts into the least what runs for the first time, whatever comes out upstream. */
  readonly expectsNew?: boolean;
}

/** Predicts a run. */
export function forecastRun(
  plan: Plan,
  {
    durations,
    hasRun,
    openPool,
    isRunningElsewhere = () => false,
    throttle,
    expectsNew = false,
  }: ForecastTools,
): Forecast {
  const { total, jobs } = openPool();
  const nodes = plan.nodes.map((planned): ForecastNode => {
    const { node, inspection, likely, state } = planned;
    if (state !== 'run' && state !== 'depends-on-upstream') {
      return { planned, state, prediction: null, isSparable: true };
    }
    const { resources } = node.stage;
    const most = jobs.isJob(node.stage) ? resources.cpus : mostCpusOf(resources, total.cpus);
    const prediction = limitCpus(durations.predict(node, likely), most);
    const isElsewhere =
      state === 'run' && inspection !== null && isRunningElsewhere(inspection.fingerprint);
    return {
      planned,
      state: isElsewhere ? 'running-elsewhere' : state,
      prediction,
      isSparable: state !== 'run' && hasRun(node),
    };
  });
  const byId = new Map<NodeId, ForecastNode>(nodes.map((one) => [one.planned.node.id, one]));
  const secondsOf = (id: NodeId) => byId.get(id)?.prediction?.seconds ?? 0;
  const simulate = (isLeast: boolean) =>
    simulateRun(
      nodes.map(({ planned }) => planned.node),
      openPool(),
      ({ id }): SimulatedWork => {
        const { state, prediction, isSparable } = byId.get(id) ?? NO_NODE;
        if (prediction === null) return { kind: 'done' };
        const seconds = isLeast ? leastSecondsOf(prediction) : (prediction.seconds ?? 0);
        if (state === 'running-elsewhere') return { kind: 'elsewhere', seconds };
        const runs = state === 'run' || !isLeast || (expectsNew && !isSparable);
        return runs ? { kind: 'runs', seconds, cpus: prediction.cpus } : { kind: 'done' };
      },
      expectSeconds(durations),
      throttle,
    );
  const sum = (...states: readonly ForecastState[]) =>
    nodes
      .filter(({ state }) => states.includes(state))
      .reduce((total, { planned }) => total + secondsOf(planned.node.id), 0);
  const most = simulate(false);
  return {
    nodes,
    certainSeconds: sum('run'),
    possibleSeconds: sum('depends-on-upstream'),
    unknown: nodes.flatMap(({ planned, prediction }) =>
      prediction?.basis === 'none' ? [planned.node.id] : [],
    ),
    finish: { least: simulate(true).seconds, most: most.seconds },
    criticalPath: findCriticalPath(
      nodes.map(({ planned }) => planned.node),
      ({ id }: GraphNode) => secondsOf(id),
    ),
    impossible: most.impossible.map(({ id }) => id),
  };
}

/** A prediction for a machine on which the node has no more than some CPUs. */
function limitCpus(prediction: ForecastPrediction, most: number): ForecastPrediction {
  if (prediction.seconds === null || prediction.cpus === null) return prediction;
  const cpus = Math.min(prediction.cpus, most);
  const scale = (seconds: number) => scaleSeconds({ seconds, cpus: prediction.cpus }, cpus);
  const limited = { ...prediction, cpus, seconds: scale(prediction.seconds) };
  return limited.basis === 'told' ? { ...limited, least: scale(limited.least) } : limited;
}

const NO_NODE = { state: 'up-to-date', prediction: null, isSparable: true } as const;
