import { mkdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { ActionOutput, ActionRecord } from '../cache/actions.ts';
import type { LineageIndex } from '../cache/lineages.ts';
import { publishOutputs } from '../cache/publish.ts';
import { isInPlace, restoreOutput } from '../cache/restore.ts';
import { buildJob, buildTask } from '../executor/build-task.ts';
import { makeStageEnvironment } from '../executor/environment.ts';
import type { Execution, ExecutionResult, Executor } from '../executor/executor.ts';
import { contentId } from '../fingerprint/file-memo.ts';
import { hashLineage } from '../fingerprint/record.ts';
import type { Graph } from '../graph/types.ts';
import type { JobFile, JsonObject, StageEvent } from '../job/contract.ts';
import type { Inspection, InspectionTools, KnownOutputs } from '../plan/inspect.ts';
import {
  isSystemError,
  makeNonce,
  removeEmptyFolder,
  removePath,
  removeTemporary,
} from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { findPrevious } from './find-previous.ts';

/** What running nodes needs beside what inspecting them needs. */
export interface RunTools extends InspectionTools {
  readonly layout: StateLayout;
  readonly lineages: LineageIndex;
  readonly executor: Executor;
  readonly now: () => number;
  /** Name and version of this program, for provenance. */
  readonly engine: string;
}

/** One attempt at a node. */
export interface Attempt {
  readonly inspection: Inspection;
  readonly known: KnownOutputs;
  readonly runId: string;
  /** Absolute path of the stage's log. */
  readonly logPath: string;
  readonly cpus: number;
  readonly offline: boolean;
  readonly onEvent: (event: StageEvent) => void;
}

/** How an attempt ended: with a published result, or with a reason why there is none. */
export type AttemptResult =
  | { readonly kind: 'published'; readonly action: ActionRecord }
  | {
      readonly kind: 'failed';
      readonly message: string;
      /** The same work may succeed next time: the cause is not in its fingerprint. */
      readonly passing?: boolean;
    };

/** An attempt that is on its way. */
export interface RunningAttempt {
  readonly result: Promise<AttemptResult>;
  readonly stop: () => void;
}

/**
 * Runs a node in a private folder and publishes what it made: outputs into the store, then the
 * action record. Placing the outputs in the workspace is left to {@link placeOutputs}.
 */
export function startNode(graph: Graph, attempt: Attempt, tools: RunTools): RunningAttempt {
  const { inspection, cpus, offline } = attempt;
  const folder = join(tools.layout.temporary, makeNonce());
  const plain = buildJob(graph, inspection, tools.layout, { folder, cpus, offline });
  let summary: JsonObject = {};
  const startedAt = tools.now();
  let execution: Execution | undefined;
  const finish = async (): Promise<AttemptResult> => {
    try {
      const previous = findPrevious(inspection, join(folder, 'previous'), tools.lineages, tools);
      const job: JobFile = { ...plain, previous };
      for (const path of Object.values(job.outputs)) mkdirSync(dirname(path), { recursive: true });
      mkdirSync(job.scratch, { recursive: true });
      execution = startExecution(attempt, job, folder, tools, (event) => {
        if (event.type === 'summary') summary = event.values;
        attempt.onEvent(event);
      });
      const ended = await execution.result;
      if (ended.kind === 'failed') return ended;
      const changed = findChangedInput(attempt, tools);
      if (changed !== null) {
        return {
          kind: 'failed',
          passing: true,
          message: `its input ${changed} changed while it ran, so the result is not published; run again`,
        };
      }
      const seconds = (tools.now() - startedAt) / 1000;
      return publish(attempt, job, { summary, startedAt, seconds }, tools);
    } catch (error) {
      // The disk is full, a folder is not writable: the user's to mend, and other nodes go on.
      if (!isSystemError(error)) throw error;
      return { kind: 'failed', passing: true, message: error.message };
    } finally {
      removeEmptyFolder(plain.scratch);
      removeTemporary(folder);
    }
  };
  return { result: finish(), stop: () => execution?.stop() };
}

function startExecution(
  attempt: Attempt,
  job: JobFile,
  folder: string,
  tools: RunTools,
  onEvent: (event: StageEvent) => void,
): Execution {
  const { node } = attempt.inspection;
  if (node.action.kind === 'template') {
    return { result: renderToOutput(attempt, job, tools), stop: () => {} };
  }
  return tools.executor.start({
    task: buildTask(attempt.inspection, job, tools.layout),
    taskPath: join(folder, 'task.json'),
    logPath: attempt.logPath,
    env: makeStageEnvironment(tools.environment, node.stage.env),
    onEvent,
  });
}

/** Templates are rendered here: they run no code of the user's, and a process costs more. */
async function renderToOutput(
  { inspection: { node, params }, logPath }: Attempt,
  job: JobFile,
  tools: RunTools,
): Promise<ExecutionResult> {
  const { renderTemplate } = await import('../executor/render-template.ts');
  mkdirSync(dirname(logPath), { recursive: true });
  writeFileSync(logPath, '');
  try {
    const { action } = node;
    if (action.kind !== 'template') throw new Error(`${node.id} is no template stage`);
    const analysis = tools.analyzeTemplate(action.template);
    if (!analysis.ok) throw new Error(`${node.id} was fingerprinted with a faulty template`);
    const text = renderTemplate(analysis.value.files, action.template, params);
    for (const path of Object.values(job.outputs)) writeFileSync(path, text);
    return { kind: 'done' };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'StageFailure') throw error;
    writeFileSync(logPath, `${error.message}\n`);
    return { kind: 'failed', message: 'its template could not be rendered' };
  }
}

/** The path of an input whose content is no longer what the fingerprint says; null if none. */
function findChangedInput({ inspection, known }: Attempt, tools: RunTools): string | null {
  for (const input of inspection.node.inputs) {
    for (const [i, source] of input.sources.entries()) {
      const path = join(tools.workspace, source.path);
      if (source.kind === 'output') {
        const output = known.get(source.node)?.[source.output];
        // Another process may have put its own bytes of a volatile output there; they say nothing.
        if (output === undefined || output.volatile) continue;
        if (!isInPlace(path, output, tools.files)) return source.path;
        continue;
      }
      const content = tools.files.read(path);
      const recorded = inspection.record.inputs[input.name]?.[i]?.content;
      const id = content.kind === 'file' || content.kind === 'tree' ? contentId(content) : null;
      if (id !== recorded) return source.path;
    }
  }
  return null;
}

function publish(
  { inspection, logPath, runId }: Attempt,
  job: JobFile,
  facts: { summary: JsonObject; startedAt: number; seconds: number },
  tools: RunTools,
): AttemptResult {
  const { node, fingerprint, record, code } = inspection;
  const taken = publishOutputs(node.outputs, job.outputs, tools.objects);
  if (!taken.ok) return { kind: 'failed', message: taken.message };
  const log = tools.objects.copy(logPath);
  const action: ActionRecord = {
    schema: 1,
    fingerprint,
    record,
    outputs: taken.published,
    summary: facts.summary,
    sources: code?.sources ?? null,
    log,
    provenance: {
      startedAt: new Date(facts.startedAt).toISOString(),
      seconds: facts.seconds,
      host: hostname(),
      engine: tools.engine,
      node: process.version,
      run: runId,
    },
  };
  tools.actions.write(action);
  if (node.stage.extends !== null) {
    tools.lineages.add(hashLineage(record, node.stage.extends), fingerprint);
  }
  removePath(job.scratch);
  return { kind: 'published', action };
}

/** How placing outputs went: all in place, or why the first could not be. */
export type PlaceResult =
  | { readonly ok: true; readonly restored: boolean }
  | {
      readonly ok: false;
      /** An object was missing or damaged, or the workspace does not let it be put there. */
      readonly cause: 'cache' | 'place';
      readonly text: string;
    };

/** Brings a result's outputs to their places in the workspace. Those that are there stay. */
export function placeOutputs(
  { node }: Inspection,
  outputs: Readonly<Record<string, ActionOutput>>,
  tools: RunTools,
): PlaceResult {
  let restored = false;
  for (const { name, path } of node.outputs) {
    const output = outputs[name];
    if (output === undefined) throw new Error(`the record of ${node.id} has no output ${name}`);
    const target = join(tools.workspace, path);
    try {
      if (isInPlace(target, output, tools.files)) continue;
      const result = restoreOutput(target, output, tools.objects, tools.files);
      if (!result.ok) {
        const text = `the cached output ${path} is ${result.fault} (object ${result.digest.slice(0, 12)})`;
        return { ok: false, cause: 'cache', text };
      }
    } catch (error) {
      // Its folder is a file, another device, not writable: the user's to mend.
      if (!isSystemError(error)) throw error;
      return {
        ok: false,
        cause: 'place',
        text: `its output ${path} cannot be put there: ${error.message}`,
      };
    }
    restored = true;
  }
  return { ok: true, restored };
}
