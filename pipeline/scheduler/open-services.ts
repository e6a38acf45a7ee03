/**
 * Running, its services for real: the workspace, the cache, the leases and the executor behind the
 * interfaces of run-services.ts.
 */

import type { RunHistory } from '../cache/history.ts';
import { LineageIndex } from '../cache/lineages.ts';
import type { Placements } from '../cache/placements.ts';
import type { Executor } from '../executor/executor.ts';
import type { Graph } from '../graph/types.ts';
import { DurationPredictor } from '../inspect/durations.ts';
import type { InspectionTools } from '../inspect/inspect.ts';
import type { Leases } from '../lease/leases.ts';
import { stackFile } from '../system/fault.ts';
import type { StateLayout } from '../system/layout.ts';
import { OutputRestorer } from './restore-outputs.ts';
import { type Origin, ResultPublisher } from './result-publisher.ts';
import type { Memory, Remote, RunEvents, RunServices } from './run-services.ts';
import { SharedPlaces } from './shared-places.ts';
import { StageStarter } from './stage-starter.ts';
import { WatchedLeases } from './watched-leases.ts';
import { WorkspaceReader } from './workspace-reader.ts';

/** What the services of a run rest on. */
export interface ServiceParts {
  readonly graph: Graph;
  readonly layout: StateLayout;
  readonly tools: InspectionTools;
  readonly memory: Memory | null;
  readonly remote: Remote | null;
  readonly history: RunHistory;
  readonly leases: Leases;
  readonly placements: Placements;
  readonly executor: Pick<Executor, 'start' | 'place'>;
}

/** Opens what a run needs of the world. @param origin what its results are said to come from */
export function openServices(parts: ServiceParts, origin: Origin, events: RunEvents): RunServices {
  const { graph, layout, tools, history, placements, executor } = parts;
  const leases = new WatchedLeases(parts.leases);
  const restoring = { ...tools, layout, leases, history, placements };
  const restorer = new OutputRestorer(
    graph,
    origin.run,
    ({ id }, text) => events.report({ type: 'warning', time: events.now(), node: id, text }),
    restoring,
  );
  const lineages = new LineageIndex(layout, tools.results);
  return {
    reader: new WorkspaceReader(graph, tools, stackFile(layout.run(origin.run))),
    memory: parts.memory,
    remote: parts.remote,
    results: new ResultPublisher({ ...tools, layout, lineages, history }, origin),
    outputs: new SharedPlaces(graph, restorer, restoring),
    leases,
    stages: new StageStarter(layout, executor, tools),
    events,
    durations: new DurationPredictor(graph, history, tools.results),
  };
}
