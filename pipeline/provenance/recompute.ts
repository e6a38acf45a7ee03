/** `verify`: runs a plot stage once more, in a private folder, on inputs from the cache. */

import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { restoreOutput } from '../cache/restore.ts';
import type { JobFile, JobInput } from '../contract/stage.ts';
import { buildJob } from '../executor/build-task.ts';
import type { Graph } from '../graph/types.ts';
import type { Inspection, KnownResults } from '../inspect/inspect.ts';
import { readLogTail } from '../scheduler/log-tail.ts';
import { type ExecutionTools, startExecution } from '../scheduler/start-execution.ts';
import { makeNonce } from '../system/files.ts';

/** What making a result again needs beside what looking at it needs. */
export interface RecomputeTools extends ExecutionTools {
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
  const { layout, machine } = tools;
  const { node } = inspection;
  const folder = join(layout.temporary, makeNonce());
  const { resources } = node.stage;
  const cpus = Math.min(resources.cpus, machine.cpus);
  const gpus = machine.gpus.slice(0, resources.gpus);
  const plain = buildJob(graph, inspection, layout, { folder, cpus, offline: true });
  const inputs: Record<string, readonly JobInput[]> = {};
  const lost: string[] = [];
  for (const { name, sources } of node.inputs) {
    const placed: JobInput[] = [];
    for (const [i, source] of sources.entries()) {
      const input = plain.inputs[name]?.[i];
      if (input === undefined) throw new Error(`a job without input ${name} ${i}`);
      if (source.kind === 'file' || standing.has(source.path)) {
        placed.push(input);
        continue;
      }
      const output = known.get(source.node)?.outputs[source.output];
      if (output === undefined) throw new Error(`${source.node} is not done yet`);
      const path = join(folder, 'inputs', name, String(i), basename(source.path));
      const restored = await restoreOutput(path, output, tools.objects, tools.files);
      if (!restored.ok) lost.push(source.path);
      placed.push({ ...input, path });
    }
    inputs[name] = placed;
  }
  if (lost.length > 0) {
    const message = `the cache has lost ${lost.join(', ')}, or holds other bytes`;
    return { ok: false, message, lost };
  }
  const job: JobFile = { ...plain, inputs, scratch: join(folder, 'scratch') };
  for (const path of Object.values(job.outputs)) mkdirSync(dirname(path), { recursive: true });
  mkdirSync(job.scratch, { recursive: true });
  const logPath = join(folder, 'log');
  const work = { inspection, job, folder, logPath, gpus, onEvent: () => {} };
  const ended = await startExecution(work, tools).result;
  if (ended.kind === 'failed') {
    const said = readLogTail(logPath).slice(-1);
    return { ok: false, message: [ended.message, ...said].join(': '), lost: [] };
  }
  return { ok: true, outputs: job.outputs };
}
