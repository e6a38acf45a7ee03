/** A forecast → CPU-hours, GPU-hours and node-hours, as clusters bill them. */

import { resourcesOf } from '../graph/node-resources.ts';
import type { GraphNode, NodeId } from '../graph/types.ts';
import type { ClusterMachine } from '../pipeline-file/types.ts';
import { groupByKey } from '../system/group-by.ts';
import type { Forecast, ForecastNode } from './forecast.ts';
import {
  type ForecastPrediction,
  leastSecondsOf,
  type PredictionSource,
  sourceOf,
} from './predictions.ts';

/** From the least to the most that may come of it. */
export interface CostBounds {
  readonly least: number;
  readonly most: number;
}

/** What some nodes take together. What is unknown of them is left out. */
export interface Amounts {
  /** Hours from start to end, one node after the other. */
  readonly wallHours: CostBounds;
  readonly cpuHours: CostBounds;
  readonly gpuHours: CostBounds;
  /** Hours of machines: of each node its share of one, see {@link machineShareOf}. */
  readonly nodeHours: CostBounds;
}

/** What a node holds while it runs, of all its machines together. */
export interface Held {
  /** Machines at most. */
  readonly nodes: number;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly gpus: number;
  /** It has its machines to itself. */
  readonly isAlone: boolean;
}

/** What the nodes of a stage take that will or may run. */
export interface StageCost extends Amounts {
  readonly stage: string;
  /** `cluster`: as jobs; `here`: on the machine of the run. */
  readonly place: 'cluster' | 'here';
  readonly nodes: number;
  /** How many of them are predicted from what. */
  readonly sources: Readonly<Partial<Record<PredictionSource, number>>>;
  /** What predictions rest on, in words, each once. */
  readonly notes: readonly string[];
  /** Nodes of which nothing is known. */
  readonly unknown: readonly NodeId[];
}

/** What a run takes. */
export interface Cost {
  readonly stages: readonly StageCost[];
  /** Of the stages in the place that is paid for: the cluster, else this machine. */
  readonly total: Amounts;
  /** Nodes in that place of which nothing is known. */
  readonly unknown: readonly NodeId[];
  /** Jobs that are submitted at most, and by how many calls of `sbatch` at least; null without a cluster. */
  readonly jobs: { readonly tasks: number; readonly submissions: number } | null;
  /** Of what node-hours are counted. */
  readonly machine: ClusterMachine;
}

/** What accounting asks. */
export interface CostTools {
  readonly machine: ClusterMachine;
  /** What a job asks for, and the key of those that can go with it; null for a node that runs here. */
  readonly askJob: (node: ForecastNode) => { readonly held: Held; readonly kind: string } | null;
  /** Whether jobs are what is paid for. */
  readonly isCluster: boolean;
}

/**
 * The share of a machine that a node holds: the largest of its shares in CPUs, memory and GPUs, as nobody
 * else can use the rest of what it fills. As many machines as it asks for at most.
 */
export function machineShareOf(held: Held, { cpus, memoryBytes, gpus }: ClusterMachine): number {
  if (held.isAlone) return held.nodes;
  const ofMemory = memoryBytes === null ? 0 : held.memoryBytes / memoryBytes;
  // Of machines without known GPUs each one that is asked for takes a whole machine.
  const ofGpus = held.gpus === 0 ? 0 : gpus === 0 ? held.gpus : held.gpus / gpus;
  return Math.min(held.nodes, Math.max(held.cpus / cpus, ofMemory, ofGpus));
}

/** Accounts for all nodes of a forecast that will or may run. */
export function accountCost({ nodes }: Forecast, tools: CostTools): Cost {
  const kinds = new Set<string>();
  let tasks = 0;
  const costs = nodes.flatMap((node) => {
    // Who runs it elsewhere pays for it.
    if (node.prediction === null || node.state === 'running-elsewhere') return [];
    const job = tools.askJob(node);
    if (job !== null) {
      kinds.add(job.kind);
      tasks += 1;
    }
    return [costOf(node, node.prediction, job?.held ?? null, tools.machine)];
  });
  const byStage = groupByKey(costs, ({ place, stage }) => `${place} ${stage}`);
  const stages = [...byStage.values()].map(addUp);
  const paid = stages.filter(({ place }) => (place === 'cluster') === tools.isCluster);
  return {
    stages,
    total: addAmounts(paid),
    unknown: paid.flatMap(({ unknown }) => unknown),
    jobs: tools.isCluster ? { tasks, submissions: kinds.size } : null,
    machine: tools.machine,
  };
}

function costOf(
  { planned: { node }, isSparable }: ForecastNode,
  prediction: ForecastPrediction,
  job: Held | null,
  machine: ClusterMachine,
): StageCost {
  const held = job ?? holdHere(node, prediction);
  const source = sourceOf(prediction);
  const hours = {
    least: isSparable ? 0 : leastSecondsOf(prediction) / 3600,
    most: (prediction.seconds ?? 0) / 3600,
  };
  return {
    stage: node.stage.name,
    place: job === null ? 'here' : 'cluster',
    nodes: 1,
    wallHours: hours,
    cpuHours: times(hours, held.cpus),
    gpuHours: times(hours, held.gpus),
    nodeHours: times(hours, machineShareOf(held, machine)),
    sources: { [source]: 1 },
    notes: prediction.basis === 'told' ? prediction.notes : [],
    unknown: source === 'unknown' ? [node.id] : [],
  };
}

/** What a node uses of this machine, which nobody bills by what it asks for. */
function holdHere(node: GraphNode, prediction: ForecastPrediction): Held {
  const { cpus, memoryBytes, gpus } = resourcesOf(node);
  return { nodes: 1, cpus: prediction.cpus ?? cpus, memoryBytes, gpus, isAlone: false };
}

function addUp(costs: readonly [StageCost, ...StageCost[]]): StageCost {
  const [{ stage, place }] = costs;
  const sources: Partial<Record<PredictionSource, number>> = {};
  for (const [source, count = 0] of costs.flatMap((one) => Object.entries(one.sources))) {
    const name = source as PredictionSource;
    sources[name] = (sources[name] ?? 0) + count;
  }
  return {
    stage,
    place,
    nodes: costs.length,
    ...addAmounts(costs),
    sources,
    notes: [...new Set(costs.flatMap(({ notes }) => notes))],
    unknown: costs.flatMap(({ unknown }) => unknown),
  };
}

function addAmounts(all: readonly Amounts[]): Amounts {
  const add = (name: keyof Amounts): CostBounds => ({
    least: all.reduce((sum, one) => sum + one[name].least, 0),
    most: all.reduce((sum, one) => sum + one[name].most, 0),
  });
  return {
    wallHours: add('wallHours'),
    cpuHours: add('cpuHours'),
    gpuHours: add('gpuHours'),
    nodeHours: add('nodeHours'),
  };
}

function times({ least, most }: CostBounds, factor: number): CostBounds {
  return { least: least * factor, most: most * factor };
}
