/** `verify`: runs a plot stage once more, in a private folder, on inputs from the cache. */

import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { restoreOutput } from '../cache/restore.ts';
import type { JobFile, JobInput } from '../contract/stage.ts';
import type { Executor } from '../executor/executor.ts';
import { countGpus } from '../graph/node-resources.ts';
import type { Graph } from '../graph/types.ts';
import type { Inspection, InspectionTools, KnownResults } from '../inspect/inspect.ts';
import { Attempts, giveEmptyScratch, MADE_AGAIN } from '../scheduler/attempts.ts';
import { describeFailure } from '../scheduler/describe-failure.ts';
import { readLogTail } from '../scheduler/log-tail.ts';
import { makeLog } from '../scheduler/make-log.ts';
import { takeAllCpus } from '../scheduler/metered-cpus.ts';
import { StageStarter } from '../scheduler/stage-starter.ts';
import { WorkspaceReader } from '../scheduler/workspace-reader.ts';
import type { StateLayout } from '../system/layout.ts';
import { makeNonce } from '../system/nonce.ts';

/** What making a result again needs beside what looking at it needs. */
export interface RecomputeTools extends InspectionTools {
  readonly layout: StateLayout;
  readonly executor: Pick<Executor, 'start'>;
  readonly machine: { readonly cpus: number; readonly gpus: readonly string[] };
}

/** Paths of what a stage made again, by output name, or why it did not. */
export type Recomputed =
  | { readonly ok: true; readonly outputs: Readonly<Record<string, string>> }
  | {
      readonly ok: false;
      readonly message: string;
      /** Paths of inputs whose content the cache does not hold any more. */
      readonly lost: readonly string[];
    };

/**
 * Runs a node's module or command once more in a private folder, which lives as long as this process.
 * Inputs made upstream come from the cache, each object checked on the way, so that it does not matter
 * what stands in the workspace; cache and workspace stay as they are.
 *
 * @param known the results upstream
 * @param standing paths of outputs upstream that are read as they stand in the workspace instead
 * @throws a system error where the disk does not take it; {@link Obstacle} where it cannot be
 * started; Error where something upstream has no result
 */
export async function recompute(
  graph: Graph,
  inspection: Inspection,
  known: KnownResults,
  standing: ReadonlySet<string>,
  tools: RecomputeTools,
): Promise<Recomputed> {
  const { layout, machine, executor, workspace } = tools;
  const { node } = inspection;
  const restored = await restoreInputs(inspection, known, standing, tools);
  if (restored.lost.length > 0) {
    const { lost } = restored;
    const message = `the cache has lost ${lost.join(', ')}, or holds other bytes`;
    return { ok: false, message, lost };
  }
  const log = makeLog(join(layout.temporary, `${makeNonce()}.log`), layout);
  const attempts = new Attempts(graph, layout, {
    reader: new WorkspaceReader(graph, tools, null),
    stages: new StageStarter(layout, executor, tools),
    events: { now: Date.now },
    offline: true,
  });
  const { result } = attempts.start({
    ...MADE_AGAIN,
    inspection,
    // Of what it reads, the workspace has files alone, and what is to be read as it stands there.
    known: new Map(),
    logPath: log.path,
    gpus: machine.gpus.slice(0, countGpus(node.stage.resources)),
    cpus: takeAllCpus(node.stage.resources, machine.cpus),
    prepare: (plain, folder) => ({
      ...giveEmptyScratch(plain, folder),
      inputs: restored.replaceIn(plain),
    }),
    conclude: ({ job }) => ({ kind: 'made' as const, outputs: moveOut(job.outputs, layout) }),
  });
  const ended = await result;
  if (ended.kind === 'made') return { ok: true, outputs: ended.outputs };
  if (ended.kind !== 'failed') throw new Error(`${node.id} was taken over from nobody`);
  const why = describeFailure(ended.failure, node, { graph, workspace, stackPath: null });
  const said = ended.failure.kind === 'execution' ? readLogTail(log.path).slice(-1) : [];
  return { ok: false, message: [why, ...said].join(': '), lost: [] };
}

/** Inputs that were brought from the cache. */
interface RestoredInputs {
  /** The inputs of a job, with their paths in place of those in the workspace. */
  readonly replaceIn: (job: JobFile) => JobFile['inputs'];
  /** Paths, from the workspace, of those that the cache does not hold any more. */
  readonly lost: readonly string[];
}

/** Puts what a node reads of others into a private folder, but for what is to be read as it stands. */
async function restoreInputs(
  { node }: Inspection,
  known: KnownResults,
  standing: ReadonlySet<string>,
  { layout, objects, files }: RecomputeTools,
): Promise<RestoredInputs> {
  const folder = join(layout.temporary, makeNonce());
  const paths = new Map<string, string>();
  const lost: string[] = [];
  for (const { name, sources } of node.inputs) {
    for (const [i, source] of sources.entries()) {
      if (source.kind === 'file' || standing.has(source.path)) continue;
      const output = known.get(source.node)?.outputs[source.output];
      if (output === undefined) throw new Error(`${source.node} is not done yet`);
      const path = join(folder, name, String(i), basename(source.path));
      const restored = await restoreOutput(path, output, objects, files);
      if (!restored.ok) lost.push(source.path);
      paths.set(`${name} ${i}`, path);
    }
  }
  const replace = (name: string, inputs: readonly JobInput[]) =>
    inputs.map((input, i) => ({ ...input, path: paths.get(`${name} ${i}`) ?? input.path }));
  const replaceIn = ({ inputs }: JobFile) =>
    Object.fromEntries(Object.entries(inputs).map(([name, all]) => [name, replace(name, all)]));
  return { replaceIn, lost };
}

/** Moves outputs out of the folder of their attempt, which goes. @returns their paths, by name */
function moveOut(
  outputs: Readonly<Record<string, string>>,
  layout: StateLayout,
): Readonly<Record<string, string>> {
  const moved: Record<string, string> = {};
  for (const [name, from] of Object.entries(outputs)) {
    const folder = join(layout.temporary, makeNonce());
    mkdirSync(folder, { recursive: true });
    moved[name] = join(folder, basename(from));
    if (existsSync(from)) renameSync(from, moved[name]);
  }
  return moved;
}
