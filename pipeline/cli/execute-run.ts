import { mkdirSync, readdirSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join, relative } from 'node:path';
import { LineageIndex } from '../cache/lineages.ts';
import { LocalExecutor } from '../executor/local-executor.ts';
import { combineReporters } from '../report/combine-reporters.ts';
import { appendToFile, openEventLog } from '../report/event-log.ts';
import type { Reporter, RunEvent } from '../report/events.ts';
import { ResourcePool } from '../scheduler/resources.ts';
import { type RunCounts, type RunOptions, runNodes } from '../scheduler/run-nodes.ts';
import { makeNonce } from '../system/files.ts';
import type { Workspace } from './open-workspace.ts';

/** What the launcher knows: where the worker is, what this program is called. */
export interface Program {
  readonly workerPath: string;
  readonly version: string;
}

/** What one run is told beyond its workspace. */
export interface RunRequest
  extends Pick<RunOptions, 'force' | 'keepGoing' | 'offline' | 'signal' | 'carried'> {
  readonly targets: readonly string[];
  readonly pool: ResourcePool;
  readonly program: Program;
  /** Told everything; it is not closed, since other runs may follow. */
  readonly console: Pick<Reporter, 'report'>;
}

/** Share of the machine's memory that stages may reserve together. */
const MEMORY_SHARE = 0.9;

/** Brings the nodes of a workspace up to date, in a run with a folder and an event log of its own. */
export async function executeRun(workspace: Workspace, request: RunRequest): Promise<RunCounts> {
  const { graph, nodes, layout, tools } = workspace;
  const { targets, pool, program, console, ...options } = request;
  const startedAt = Date.now();
  const runId = `${new Date(startedAt).toISOString().replace(/[:.]/g, '-')}-${makeNonce().slice(0, 6)}`;
  const runFolder = layout.run(runId);
  mkdirSync(runFolder, { recursive: true });
  const log = combineReporters(
    [
      openEventLog({
        append: appendToFile(join(runFolder, 'events.jsonl')),
        complain: complainOfReporter,
      }),
    ],
    complainOfReporter,
  );
  const report = (event: RunEvent) => {
    console.report(event);
    log.report(event);
  };
  try {
    report({
      type: 'run-started',
      time: startedAt,
      runFolder: relative(workspace.path, runFolder),
      targets: targets.length > 0 ? targets : ['everything'],
      profile: graph.profile,
      notice: graph.spec.profiles[graph.profile]?.description || null,
      nodes: nodes.length,
      jobs: pool.total.cpus,
    });
    const counts = await runNodes(
      graph,
      nodes,
      pool,
      { ...options, runId, runFolder, report },
      {
        ...tools,
        layout,
        lineages: new LineageIndex(layout, tools.actions),
        executor: new LocalExecutor(program.workerPath),
        now: Date.now,
        engine: `pipeline ${program.version}`,
      },
    );
    const time = Date.now();
    report({ type: 'run-finished', time, seconds: (time - startedAt) / 1000, ...counts });
    return counts;
  } finally {
    log.close();
  }
}

/** The resources of this machine, of which stages may use so many CPUs at once. */
export function openPool(cpus: number): ResourcePool {
  return new ResourcePool({
    cpus,
    memoryBytes: totalmem() * MEMORY_SHARE,
    gpus: countGpus(),
  });
}

/** Says that a run cannot be shown or logged any more, which does not stop it. */
export function complainOfReporter(error: unknown): void {
  process.stderr.write(`pipeline: this run is not reported in full: ${String(error)}\n`);
}

/** NVIDIA devices of this machine, by their device files. */
function countGpus(): number {
  try {
    return readdirSync('/dev').filter((name) => /^nvidia\d+$/.test(name)).length;
  } catch {
    return 0;
  }
}
