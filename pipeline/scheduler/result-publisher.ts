/** Running, its results: found, gone on from, collected and published, the record last. */

import { existsSync, mkdirSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { type CollectResult, collectOutputs } from '../cache/collect-outputs.ts';
import { findCollected, noteCollected } from '../cache/collected-note.ts';
import { listMeasured } from '../cache/complete-summary.ts';
import type { RunHistory } from '../cache/history.ts';
import { listSourceObjects } from '../cache/inventory.ts';
import type { LineageIndex } from '../cache/lineages.ts';
import type { FinishedFile } from '../cache/objects.ts';
import { readMetrics } from '../cache/read-metrics.ts';
import type { ResultRecord } from '../cache/results.ts';
import type { JobFile } from '../contract/stage.ts';
import { usesScratch } from '../executor/build-task.ts';
import type { CodeIdentity } from '../fingerprint/code-rows.ts';
import { type Fingerprint, hashLineage, RECORD_VERSION } from '../fingerprint/record.ts';
import type { GraphNode } from '../graph/types.ts';
import type { Inspection, InspectionTools } from '../inspect/inspect.ts';
import { isErrorCode } from '../system/errors.ts';
import type { StateLayout } from '../system/layout.ts';
import { removeTemporary } from '../system/remove-path.ts';
import { giveEmptyScratch } from './attempts.ts';
import { findPrevious } from './find-previous.ts';
import { keepFolderLists } from './keep-folder-lists.ts';
import type { MadeResult, Results } from './run-services.ts';

/** What publishing needs beside what looking at nodes needs. */
export interface PublishingTools extends InspectionTools {
  readonly layout: StateLayout;
  readonly lineages: LineageIndex;
  readonly history: RunHistory;
}

/** Where a result comes from: the run, and this program's name and version. */
export interface Origin {
  readonly run: string;
  readonly engine: string;
}

/** The results of a workspace's cache. */
export class ResultPublisher implements Results {
  readonly #tools: PublishingTools;
  readonly #origin: Origin;
  readonly #user = nameUser();

  constructor(tools: PublishingTools, origin: Origin) {
    this.#tools = tools;
    this.#origin = origin;
  }

  find(fingerprint: Fingerprint): ResultRecord | null {
    return this.#tools.results.read(fingerprint).result;
  }

  async prepare(inspection: Inspection, job: JobFile, folder: string): Promise<JobFile> {
    keepFolderLists(inspection, this.#tools);
    // Where it is not known what a stage reads, nor is what a checkpoint of it rests on.
    if (inspection.node.findsInputs) return giveEmptyScratch(job, folder);
    if (usesScratch(inspection.node)) mkdirSync(job.scratch, { recursive: true });
    const { lineages } = this.#tools;
    const previous = await findPrevious(
      inspection,
      join(folder, 'previous'),
      lineages,
      this.#tools,
    );
    return { ...job, previous };
  }

  collect({ outputs }: GraphNode, job: JobFile, note: string | null): CollectResult {
    const { objects, layout } = this.#tools;
    const found = note === null ? null : findCollected(note, objects);
    if (found !== null) return found;
    const collected = collectOutputs(outputs, job.outputs, objects);
    if (note !== null && collected.ok) noteCollected(note, collected, layout.temporary);
    return collected;
  }

  async publish(made: MadeResult, mayPublish: () => boolean): Promise<ResultRecord | null> {
    const { inspection, collected, warn } = made;
    const { results, objects, layout } = this.#tools;
    const log = this.#copyLog(made);
    keepFolderLists(inspection, this.#tools);
    // Before the outputs are moved into the store.
    const measured = listMeasured(inspection.node);
    const find = ({ name }: { readonly name: string }) => {
      const path = made.job.outputs[name] ?? '';
      // An earlier run may have moved it.
      const digest = existsSync(path) ? undefined : collected.outputs[name]?.digest;
      return digest === undefined ? path : objects.path(digest);
    };
    const summary = { ...made.summary, ...readMetrics(measured, find, warn) };
    const outputs = { ...collected.outputs };
    for (const { name } of measured) {
      const output = outputs[name];
      if (output !== undefined) outputs[name] = { ...output, metrics: true };
    }
    const result = this.#record({ ...made, summary }, outputs, log);
    const files = [...collected.files, ...(log === null ? [] : [log])];
    if (!(await results.publish(result, files, objects, mayPublish))) return null;
    try {
      this.#index(result, inspection.node);
      removeTemporary(made.job.scratch);
      removeTemporary(layout.failed(inspection.node.id));
    } catch (error) {
      warn('its result is kept, but not all about it', error);
    }
    return result;
  }

  #record(
    made: MadeResult,
    outputs: ResultRecord['outputs'],
    log: FinishedFile | null,
  ): ResultRecord {
    const { fingerprint, record, code } = made.inspection;
    const { run, engine } = this.#origin;
    return {
      schema: RECORD_VERSION,
      fingerprint,
      record,
      outputs,
      summary: made.summary,
      sources: code !== null && this.#isKept(code) ? code.sources : null,
      log: log?.digest ?? null,
      ...(made.undeclared === null ? {} : { undeclared: made.undeclared }),
      provenance: {
        startedAt: new Date(made.startedAt).toISOString(),
        seconds: made.seconds,
        ...(made.isWhole !== null && { isWhole: made.isWhole }),
        cpus: made.cpus,
        ...(made.usage !== null && { usage: made.usage }),
        host: made.elsewhere?.host ?? hostname(),
        engine,
        node: made.elsewhere?.node ?? process.version,
        run,
        ...this.#user,
        platform: `${process.platform}-${process.arch}`,
        ...(made.elsewhere === null ? {} : { slurm: made.elsewhere.slurm }),
      },
    };
  }

  /** A copy of a log for the store; null where there is none. A result is worth keeping without. */
  #copyLog({ logPath, warn }: MadeResult): FinishedFile | null {
    try {
      return this.#tools.objects.copy(logPath);
    } catch (error) {
      // Somebody has removed the folder of the run, which is no news to them.
      if (!isErrorCode(error, 'ENOENT')) warn('its log cannot be kept', error);
      return null;
    }
  }

  /** Makes a result known to those who look for it by its node. */
  #index(result: ResultRecord, { stage }: GraphNode): void {
    const { history, lineages } = this.#tools;
    history.add(result);
    if (stage.extends !== null) {
      lineages.add(hashLineage(result.record, stage.extends), result.fingerprint);
    }
  }

  /** Marks the texts of the code as in use. False where some were collected since they were stored. */
  #isKept({ digest: closure, sources }: CodeIdentity): boolean {
    const { layout, objects } = this.#tools;
    objects.touch(closure);
    return listSourceObjects(sources, layout).every((digest) => objects.touch(digest));
  }
}

/** Nothing where the system knows no name for this user, as in a container under a number of its own. */
function nameUser(): { readonly user?: string } {
  try {
    return { user: userInfo().username };
  } catch {
    return {};
  }
}
