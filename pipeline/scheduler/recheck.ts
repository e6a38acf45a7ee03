import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isInPlace } from '../cache/restore.ts';
import type { ResultRecord } from '../cache/results.ts';
import { hashBytes } from '../fingerprint/canonical.ts';
import { readContent } from '../fingerprint/read-content.ts';
import type { Graph, GraphNode, NodeId } from '../graph/types.ts';
import type { Inspection, KnownResult, KnownResults } from '../inspect/inspect.ts';
import { planNodes } from '../inspect/plan.ts';
import type { Lease } from '../lease/leases.ts';
import { stackFile } from '../system/fault.ts';
import { describeNodeFault } from './describe-fault.ts';
import { makeLog } from './make-log.ts';
import { nameLog } from './name-log.ts';
import { Outcomes } from './outcomes.ts';
import type { ResourcePool } from './resources.ts';
import { type RunTools, startPrivately } from './run-node.ts';
import type { RunOptions } from './run-options.ts';
import type { SampleChoice } from './run-settings.ts';

/** A result in the cache, with the node as it is now. */
interface Hit {
  readonly inspection: Inspection;
  readonly result: ResultRecord;
}

/** Nobody else is kept from anything by making a result again. */
const UNSHARED: Lease = {
  lost: new AbortController().signal,
  isHeld: () => true,
  release: () => {},
};

/**
 * Makes a sample of the cached results again, each from its inputs in the workspace, in a private
 * folder, and compares the outputs. The cache and the workspace stay as they are.
 *
 * @param nodes nodes that a run has just brought up to date
 * @param share of the hits, 0 to 1; the seed decides which
 * @returns how many differ or could not be made again
 */
export async function recheckHits(
  graph: Graph,
  nodes: readonly GraphNode[],
  { share, seed }: SampleChoice,
  pool: ResourcePool,
  options: RunOptions,
  tools: RunTools,
): Promise<number> {
  // The run and the time it took may have changed what was looked at before.
  tools.files.forgetSightings();
  const plan = await planNodes(graph, nodes, tools, false);
  const known = new Map<NodeId, KnownResult>();
  const hits: Hit[] = [];
  for (const { node, inspection } of plan.nodes) {
    const result = inspection?.result ?? null;
    if (inspection === null || result === null) continue;
    known.set(node.id, result);
    // What this run made itself is no hit.
    if (result.provenance.run !== options.runId) hits.push({ inspection, result });
  }
  const outcomes = new Outcomes(options.report, tools.now);
  let faults = 0;
  for (const hit of chooseSample(hits, share, seed)) {
    if (options.signal.aborted) break;
    const startedAt = tools.now();
    const isEqual = await recheck(graph, hit, known, outcomes, pool, options, tools).catch(
      (error: unknown) => {
        const { node } = hit.inspection;
        const fault = describeNodeFault(error, graph, node, stackFile(options.runFolder));
        outcomes.failed(node, `made again, ${fault}`, null, startedAt);
        return false;
      },
    );
    if (!isEqual) faults++;
  }
  return faults;
}

/** The hits with the smallest hashes: the same ones for the same seed. One at least. */
export function chooseSample<T extends { readonly result: { readonly fingerprint: string } }>(
  hits: readonly T[],
  share: number,
  seed: string,
): T[] {
  const rank = ({ result }: T) => hashBytes(`recheck ${seed} ${result.fingerprint}`);
  const ranked = [...hits].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  return ranked.slice(0, Math.ceil(share * hits.length));
}

async function recheck(
  graph: Graph,
  { inspection, result }: Hit,
  known: KnownResults,
  outcomes: Outcomes,
  pool: ResourcePool,
  { runId, runFolder, settings, devices, report, signal }: RunOptions,
  tools: RunTools,
): Promise<boolean> {
  const { node } = inspection;
  const startedAt = tools.now();
  const path = join(runFolder, 'logs', nameLog(node.id, 'recheck'));
  const log = makeLog(path, tools.layout);
  report({
    type: 'node-started',
    time: startedAt,
    node: node.id,
    log: log.name,
    expectedSeconds: result.provenance.seconds,
  });
  const gpus = devices.take(node.stage.resources.gpus);
  const attempt = {
    inspection,
    lease: UNSHARED,
    known,
    runId,
    logPath: log.path,
    cpus: pool.shareOf(node.stage.resources).cpus,
    gpus,
    offline: settings.offline,
    onEvent: () => {},
    stackPath: stackFile(runFolder),
    objectTo: () => null,
    findReaders: () => [],
  };
  const { result: end, stop } = startPrivately(graph, attempt, tools, {
    prepare: (plain, folder) => {
      const scratch = join(folder, 'scratch');
      mkdirSync(scratch, { recursive: true });
      return { ...plain, scratch };
    },
    conclude: ({ outputs }) => ({
      kind: 'compared' as const,
      differing: Object.entries(result.outputs)
        .filter(([, output]) => !output.volatile)
        .filter(
          ([name, output]) =>
            !isInPlace(outputs[name] ?? '', output, { read: (path) => readContent(path) }),
        )
        .map(([name]) => name),
    }),
    salvage: () => null,
    abandon: () => {},
  });
  signal.addEventListener('abort', stop);
  const ended = await end;
  devices.give(gpus);
  signal.removeEventListener('abort', stop);
  // It was stopped, which says nothing about the result.
  if (ended.kind !== 'compared' && signal.aborted) return true;
  if (ended.kind !== 'compared') {
    const message = ended.kind === 'failed' ? ended.message : 'it was taken over';
    outcomes.failed(node, `made again, ${message}`, log, startedAt);
    return false;
  }
  const time = tools.now();
  report({
    type: 'node-rechecked',
    time,
    node: node.id,
    differing: ended.differing,
    seconds: (time - startedAt) / 1000,
  });
  return ended.differing.length === 0;
}
