/** Where the stages of a forecast would run, and what that costs. */

import { accountCost, type Cost, type CostTools } from '../forecast/cost.ts';
import type { Forecast } from '../forecast/forecast.ts';
import { boundByLimit, NO_TIME, type ToldPrediction } from '../forecast/predictions.ts';
import type { ArrayThrottle } from '../forecast/simulate.ts';
import { resourcesOf } from '../graph/node-resources.ts';
import type { Graph, GraphNode } from '../graph/types.ts';
import type { ClusterMachine } from '../pipeline-file/types.ts';
import type { JobPlaces } from '../scheduler/resources.ts';
import { type AskedJob, askFor } from '../slurm/ask-for.ts';
import { readAsked } from '../slurm/read-asked.ts';
import { countCpus, measureMemory } from '../system/limits.ts';
import { becomesJob, type ExecutorOptions, readJobOptions } from './cluster-options.ts';
import type { Machine } from './machine.ts';

/** What a cost is counted of, for whoever is told of it. */
export interface PricedForecast extends Cost {
  readonly isCluster: boolean;
  /** Nobody has said what machines of the cluster have: it was taken to be what this one has. */
  readonly isMachineAssumed: boolean;
  /** Stages of which a job may take longer than it is given, in seconds. */
  readonly overLimit: readonly OverLimit[];
  /** Options of jobs that change what is asked for, and cannot be read: the cost is more or less by them. */
  readonly unread: readonly UnreadOption[];
  /** What brings estimates of what is unknown, in words. */
  readonly hints: readonly string[];
  /** Jobs that may be queued or running at once, and tasks of an array that may run at once. */
  readonly queued: number;
  readonly throttle: number;
}

/** A stage that would run into the time limit of its jobs. */
interface OverLimit {
  readonly stage: string;
  readonly seconds: number;
  readonly limit: number;
}

/** An option of `sbatch`, and the stage whose jobs have it. */
interface UnreadOption {
  readonly stage: string;
  readonly option: string;
}

/** Where stages would run. */
export interface ForecastPlaces {
  /** Absent where all run here. */
  readonly jobs?: JobPlaces;
  readonly throttle?: ArrayThrottle;
  /** Of a node of which nothing is known: until it is ended at last, with all its retries. Null for never. */
  readonly guess: (node: GraphNode) => ToldPrediction | null;
  readonly price: (forecast: Forecast, hints: readonly string[]) => PricedForecast;
}

/**
 * Reads the options, and asks nobody: a cluster is taken to start at once what may run.
 *
 * @throws {UserMistakes} for options that cannot be taken
 */
export function openForecastPlaces(
  { spec }: Graph,
  machine: Pick<Machine, 'gpus'>,
  { executor, slurm = [] }: ExecutorOptions,
): ForecastPlaces {
  const isCluster = executor === 'slurm';
  const overrides = readJobOptions(slurm);
  const { queued, throttle, machine: said } = spec.slurm;
  const isJob = (node: GraphNode) => isCluster && becomesJob(node.stage);
  const ask = (node: GraphNode): AskedJob =>
    askFor(node.stage, resourcesOf(node), spec.slurm, overrides);
  const kindOf = (node: GraphNode) => JSON.stringify([node.stage.name, ask(node).options]);
  const tools: CostTools = {
    machine: (isCluster ? said : null) ?? describeMachine(machine),
    isCluster,
    askJob: ({ planned: { node } }) =>
      isJob(node) ? { held: readAsked(ask(node).options), kind: kindOf(node) } : null,
  };
  return {
    ...(isCluster
      ? {
          jobs: { most: queued, isJob: becomesJob },
          throttle: (node) => (isJob(node) ? { kind: kindOf(node), most: throttle } : null),
        }
      : {}),
    guess: (node) => {
      // Rendered by the engine itself, in a moment.
      if (node.action.kind === 'template') return NO_TIME;
      const { timeoutSeconds, retries } = node.stage;
      const seconds = isJob(node) ? ask(node).limitSeconds : timeoutSeconds;
      return seconds === null ? null : boundByLimit(seconds * (1 + retries.attempts));
    },
    price: (forecast, hints) => ({
      ...accountCost(forecast, tools),
      isCluster,
      isMachineAssumed: isCluster && said === null,
      overLimit: isCluster ? findOverLimit(forecast, ask) : [],
      unread: isCluster ? findUnread(forecast, ask) : [],
      hints,
      queued,
      throttle,
    }),
  };
}

/** Of each stage the node that would take longest beyond its limit. */
function findOverLimit(
  { nodes }: Forecast,
  ask: (node: GraphNode) => AskedJob,
): readonly OverLimit[] {
  const found = new Map<string, OverLimit>();
  for (const { planned, prediction } of nodes) {
    const { stage } = planned.node;
    const seconds = prediction?.seconds ?? 0;
    if (seconds === 0 || !becomesJob(stage)) continue;
    if (prediction?.basis === 'told' && prediction.source === 'limit') continue;
    const limit = ask(planned.node).limitSeconds ?? Number.POSITIVE_INFINITY;
    const before = found.get(stage.name)?.seconds ?? limit;
    if (seconds > before) found.set(stage.name, { stage: stage.name, seconds, limit });
  }
  return [...found.values()];
}

/** Of each stage that costs something, the options of its jobs that cannot be accounted for. */
function findUnread(
  { nodes }: Forecast,
  ask: (node: GraphNode) => AskedJob,
): readonly UnreadOption[] {
  const found = new Map<string, UnreadOption>();
  for (const { planned, prediction, state } of nodes) {
    const { stage } = planned.node;
    if (prediction === null || state === 'running-elsewhere' || !becomesJob(stage)) continue;
    for (const option of readAsked(ask(planned.node).options).unread) {
      found.set(`${stage.name} ${option}`, { stage: stage.name, option });
    }
  }
  return [...found.values()];
}

function describeMachine({ gpus }: Pick<Machine, 'gpus'>): ClusterMachine {
  return { cpus: countCpus(), memoryBytes: measureMemory(), gpus: gpus.length };
}
