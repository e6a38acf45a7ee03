/** Running, recheck: results of the cache made again, to see whether the same comes out. */

import { isInPlace } from '../cache/restore.ts';
import type { ResultRecord } from '../cache/results.ts';
import { hashBytes } from '../fingerprint/canonical.ts';
import { readContent } from '../fingerprint/read-content.ts';
import type { NodeId } from '../graph/types.ts';
import type { Inspection, KnownResult } from '../inspect/inspect.ts';
import { type Attempts, giveEmptyScratch, MADE_AGAIN, openAttempts } from './attempts.ts';
import { describeFailure, siteOf } from './describe-failure.ts';
import { makeLog } from './make-log.ts';
import { takeAllCpus } from './metered-cpus.ts';
import { type NodeLog, Outcomes } from './outcomes.ts';
import type { Run } from './run.ts';
import type { SampleChoice } from './run-settings.ts';
import { Share } from './share.ts';

/** A result in the cache, with the node as it is now. */
interface Hit {
  readonly inspection: Inspection;
  readonly result: ResultRecord;
}

/**
 * Makes a sample of the cached results again, each from its inputs in the workspace, in a private
 * folder, and compares the outputs. The cache and the workspace stay as they are.
 *
 * @param run has just brought its nodes up to date
 * @returns how many differ or could not be made again
 */
export async function recheckHits(run: Run, { share, seed }: SampleChoice): Promise<number> {
  const recheck = new Recheck(run);
  const hits = await recheck.findHits();
  let faults = 0;
  for (const hit of chooseSample(hits, share, seed)) {
    if (run.signal.aborted) break;
    if (!(await recheck.isSame(hit))) faults++;
  }
  return faults;
}

/** The hits with the smallest hashes: the same ones for the same seed. One at least. */
function chooseSample<T extends { readonly result: { readonly fingerprint: string } }>(
  hits: readonly T[],
  share: number,
  seed: string,
): T[] {
  const rank = ({ result }: T) => hashBytes(`recheck ${seed} ${result.fingerprint}`);
  const ranked = [...hits].sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  return ranked.slice(0, Math.ceil(share * hits.length));
}

/** Makes hits of a run again. */
class Recheck {
  readonly #run: Run;
  readonly #attempts: Attempts;
  readonly #outcomes: Outcomes;
  readonly #known = new Map<NodeId, KnownResult>();

  constructor(run: Run) {
    this.#run = run;
    this.#attempts = openAttempts(run);
    this.#outcomes = new Outcomes(run.services.events);
  }

  /** What is in the cache now and was before the run; what it made itself is no hit. */
  async findHits(): Promise<Hit[]> {
    const { nodes, services, id } = this.#run;
    // The run and the time it took may have changed what was looked at before.
    services.reader.forget();
    const hits: Hit[] = [];
    for (const node of nodes) {
      if (!node.upstream.every((above) => this.#known.has(above))) continue;
      const looked = await services.reader.look(node, this.#known);
      const result = looked.ok ? looked.value.result : null;
      if (!looked.ok || result === null) continue;
      this.#known.set(node.id, result);
      if (result.provenance.run !== id) hits.push({ inspection: looked.value, result });
    }
    return hits;
  }

  /** Makes a hit again and tells what came of it. @returns false where it differs or could not be made */
  async isSame(hit: Hit): Promise<boolean> {
    const { node } = hit.inspection;
    const { services, layout, id, pool, signal } = this.#run;
    const { now, report } = services.events;
    const startedAt = now();
    const log = makeLog(layout.log(id, node.id, 'recheck'), layout);
    const expectedSeconds = hit.result.provenance.seconds;
    report({
      type: 'node-started',
      time: startedAt,
      node: node.id,
      log: log.name,
      expectedSeconds,
    });
    const share = new Share(node, pool);
    const fail = (message: string): false => {
      this.#outcomes.failed(node, `made again, ${message}`, { log, startedAt });
      return false;
    };
    if (!share.take()) {
      const shortage = { wanted: node.stage.resources.gpus, offered: pool.total.gpus };
      return fail(describeFailure({ kind: 'too-few-gpus', ...shortage }, node, siteOf(this.#run)));
    }
    const { result, stop } = this.#start(hit, log, share.gpus);
    signal.addEventListener('abort', stop);
    const end = await result.finally(() => {
      signal.removeEventListener('abort', stop);
      share.give();
    });
    if (end.kind === 'compared') {
      const { differing } = end;
      const time = now();
      const seconds = (time - startedAt) / 1000;
      report({ type: 'node-rechecked', time, node: node.id, differing, seconds });
      return differing.length === 0;
    }
    // It was stopped, which says nothing about the result.
    if (signal.aborted) return true;
    if (end.kind !== 'failed') return fail('it was taken over');
    return fail(describeFailure(end.failure, node, siteOf(this.#run)));
  }

  #start({ inspection, result }: Hit, log: NodeLog, gpus: readonly string[]) {
    return this.#attempts.start({
      ...MADE_AGAIN,
      inspection,
      known: this.#known,
      logPath: log.path,
      gpus,
      cpus: takeAllCpus(inspection.node.stage.resources, this.#run.pool.total.cpus),
      prepare: giveEmptyScratch,
      conclude: ({ job }) => ({
        kind: 'compared' as const,
        differing: listDiffering(result, job.outputs),
      }),
    });
  }
}

/** Names of outputs that were made again with other bytes. */
function listDiffering(
  { outputs }: ResultRecord,
  made: Readonly<Record<string, string>>,
): string[] {
  const read = (path: string) => readContent(path);
  return Object.entries(outputs)
    .filter(([name, output]) => !output.volatile && !isInPlace(made[name] ?? '', output, { read }))
    .map(([name]) => name);
}
