import type { Graph, GraphNode, NodeId } from '../graph/types.ts';
import { DurationPredictor } from '../inspect/durations.ts';
import type { KnownResult } from '../inspect/inspect.ts';
import { stackFile } from '../system/fault.ts';
import { Auditor } from './auditor.ts';
import { NodeInspector } from './node-inspector.ts';
import { Outcomes } from './outcomes.ts';
import { Overlaps } from './overlaps.ts';
import { expectSeconds } from './priorities.ts';
import { recallUnchanged } from './recall-unchanged.ts';
import type { ResourcePool } from './resources.ts';
import { OutputRestorer } from './restore-outputs.ts';
import { Retries } from './retry.ts';
import type { RunningAttempt, RunTools } from './run-node.ts';
import type { RunOptions } from './run-options.ts';
import { Schedule } from './schedule.ts';
import { SharedPlaces } from './shared-places.ts';
import { Underway } from './underway.ts';
import { Waits } from './waits.ts';
import { WorkLeft } from './work-left.ts';

/** What everything that is done with the nodes of a run has in common. */
export interface RunParts {
  readonly graph: Graph;
  readonly pool: ResourcePool;
  readonly options: RunOptions;
  readonly tools: RunTools;
  /** Where the stack traces of bugs of ours go. */
  readonly stackPath: string;
  readonly schedule: Schedule;
  /** Nodes that wait for work of other processes. */
  readonly waits: Waits;
  readonly retries: Retries;
  readonly workLeft: WorkLeft;
  /** Results of the nodes that are done. */
  readonly known: Map<NodeId, KnownResult>;
  /** What to stop, of nodes that are being run; nothing where no process runs yet. */
  readonly running: Map<NodeId, RunningAttempt | null>;
  /** What the run waits for before it ends. */
  readonly underway: Underway;
  readonly outcomes: Outcomes;
  readonly inspector: NodeInspector;
  readonly auditor: Auditor;
  readonly overlaps: Overlaps;
  readonly restorer: OutputRestorer;
  readonly places: SharedPlaces;
}

/**
 * Makes the parts of a run. Nodes that need no inspection are settled by it, so that the schedule is
 * of the others.
 *
 * @param nodes in topological order, closed under upstream
 */
export async function makeRunParts(
  graph: Graph,
  nodes: readonly GraphNode[],
  pool: ResourcePool,
  options: RunOptions,
  tools: RunTools,
): Promise<RunParts> {
  const { leases, history, results, now } = tools;
  const stackPath = stackFile(options.runFolder);
  const durations = new DurationPredictor(graph, history, results);
  const outcomes = new Outcomes(options.report, now);
  const known = new Map<NodeId, KnownResult>();
  const waits = new Waits(leases);
  const warn = (node: GraphNode, text: string) => outcomes.warn(node, text);
  const restorer = new OutputRestorer(graph, options.runId, warn, waits.watchOf, tools);
  const left = await recallUnchanged(nodes, { options, tools, stackPath, outcomes, known });
  return {
    graph,
    pool,
    options,
    tools,
    stackPath,
    schedule: new Schedule(left, pool, expectSeconds(durations)),
    waits,
    retries: new Retries(),
    workLeft: new WorkLeft(durations, options.report),
    known,
    running: new Map(),
    underway: new Underway(),
    outcomes,
    inspector: new NodeInspector(graph, known, outcomes, options.explainer, tools, stackPath),
    auditor: new Auditor(graph, options.settings.audit, outcomes, tools),
    overlaps: new Overlaps(now),
    restorer,
    places: new SharedPlaces(graph, known, restorer, tools),
  };
}
