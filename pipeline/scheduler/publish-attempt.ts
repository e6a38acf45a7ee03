import { hostname } from 'node:os';
import { collectOutputs } from '../cache/collect-outputs.ts';
import { listSourceObjects } from '../cache/inventory.ts';
import type { FinishedFile } from '../cache/objects.ts';
import type { ResultRecord } from '../cache/results.ts';
import type { JobFile } from '../contract/stage.ts';
import type { CodeIdentity } from '../fingerprint/code-memo.ts';
import { hashLineage, RECORD_VERSION } from '../fingerprint/record.ts';
import type { GraphNode } from '../graph/types.ts';
import { describeFault } from '../system/fault.ts';
import { isErrorCode, removeTemporary } from '../system/files.ts';
import { keepFolderLists } from './keep-folder-lists.ts';
import type { Attempt, AttemptEnd, AttemptFacts, RunTools } from './run-node.ts';

/** Publishes what an attempt made, where it still has the right to, and makes it known. */
export async function publishAttempt(
  { inspection, lease, logPath, runId, stackPath, onEvent }: Attempt,
  job: JobFile,
  facts: AttemptFacts,
  tools: RunTools,
): Promise<AttemptEnd> {
  const { node, fingerprint, record, code } = inspection;
  const collected = collectOutputs(node.outputs, job.outputs, tools.objects);
  if (!collected.ok) {
    const { message, retryable } = collected;
    return { kind: 'failed', message, retryable };
  }
  const warn = (text: string, error: unknown) => {
    const message = `${text}: ${describeFault(error, stackPath)}`;
    onEvent({ type: 'message', level: 'warning', text: message });
  };
  const log = copyLog(logPath, tools, warn);
  keepFolderLists(inspection, tools);
  const result: ResultRecord = {
    schema: RECORD_VERSION,
    fingerprint,
    record,
    outputs: collected.outputs,
    summary: facts.summary,
    sources: code !== null && isKept(code, tools) ? code.sources : null,
    log: log?.digest ?? null,
    ...(facts.undeclared === null ? {} : { undeclared: facts.undeclared }),
    provenance: {
      startedAt: new Date(facts.startedAt).toISOString(),
      seconds: facts.seconds,
      host: hostname(),
      engine: tools.engine,
      node: process.version,
      run: runId,
    },
  };
  const files = [...collected.files, ...(log === null ? [] : [log])];
  const isPublished = await tools.results.publish(result, files, tools.objects, lease.isHeld);
  if (!isPublished) return { kind: 'superseded' };
  try {
    index(result, node, tools);
    removeTemporary(job.scratch);
    removeTemporary(tools.layout.failed(node.id));
  } catch (error) {
    warn('its result is kept, but not all about it', error);
  }
  return { kind: 'published', result };
}

/** A copy of a log for the store; null where there is none. A result is worth keeping without. */
function copyLog(
  path: string,
  { objects }: RunTools,
  warn: (text: string, error: unknown) => void,
): FinishedFile | null {
  try {
    return objects.copy(path);
  } catch (error) {
    // Somebody has removed the folder of the run, which is no news to them.
    if (!isErrorCode(error, 'ENOENT')) warn('its log cannot be kept', error);
    return null;
  }
}

/** Makes a result known to those who look for it by its node. */
function index(result: ResultRecord, { stage }: GraphNode, tools: RunTools): void {
  tools.history.add(result);
  if (stage.extends !== null) {
    tools.lineages.add(hashLineage(result.record, stage.extends), result.fingerprint);
  }
}

/** Marks the texts of the code as in use. False where some were collected since they were stored. */
function isKept(
  { digest: closure, sources }: CodeIdentity,
  { layout, objects }: RunTools,
): boolean {
  objects.touch(closure);
  return listSourceObjects(sources, layout).every((digest) => objects.touch(digest));
}
