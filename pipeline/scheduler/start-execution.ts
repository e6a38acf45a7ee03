import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobFile, StageEvent } from '../contract/stage.ts';
import { buildTask } from '../executor/build-task.ts';
import { makeStageEnvironment } from '../executor/environment.ts';
import type { Execution, ExecutionResult, Executor } from '../executor/executor.ts';
import { hideAsWritten } from '../executor/hide-as-written.ts';
import { hideInEvent, hideInFile, listHiddenValues } from '../executor/hide-values.ts';
import { limitTime } from '../executor/limit-time.ts';
import type { Inspection, InspectionTools } from '../inspect/inspect.ts';
import { formatDuration } from '../pipeline-file/duration.ts';
import type { StateLayout } from '../system/layout.ts';

/** What starting a node's work needs beside what inspecting it needs. */
export interface ExecutionTools extends InspectionTools {
  readonly layout: StateLayout;
  readonly executor: Executor;
}

/** A node's work, ready to be started. */
export interface PreparedWork {
  readonly inspection: Inspection;
  readonly job: JobFile;
  /** The private folder of the attempt. */
  readonly folder: string;
  /** Absolute path of the stage's log. */
  readonly logPath: string;
  /** Ids of the GPUs that are its own while it runs. */
  readonly gpus: readonly string[];
  readonly onEvent: (event: StageEvent) => void;
}

/** Starts a node's work: the one way to, so that whoever starts it keeps to its time limit. */
export function startExecution(work: PreparedWork, tools: ExecutionTools): Execution {
  const { inspection, job, folder, logPath, gpus, onEvent } = work;
  const { node } = inspection;
  if (node.action.kind === 'template') {
    return { result: renderToOutput(work, tools), stop: () => {} };
  }
  const values = listHiddenValues(tools.environment, node.env);
  const execution = tools.executor.start({
    task: buildTask(inspection, job, tools.layout),
    taskPath: join(folder, 'task.json'),
    logPath,
    env: makeStageEnvironment(tools.environment, node.env, gpus),
    onEvent: values.length === 0 ? onEvent : (event) => onEvent(hideInEvent(event, values)),
  });
  const aside = join(folder, 'log');
  const hidden = { ...execution, result: hideAtEnd(execution.result, logPath, aside, values) };
  const { timeoutSeconds, name } = node.stage;
  if (timeoutSeconds === null) return hidden;
  const describe = () => `timed out after ${formatDuration(timeoutSeconds)}: stage ${name}`;
  return limitTime(hidden, timeoutSeconds, describe);
}

/** What is hidden in a log while its process writes to it may miss what came last. */
async function hideAtEnd(
  result: Execution['result'],
  logPath: string,
  aside: string,
  values: readonly string[],
): Execution['result'] {
  const hiding = hideAsWritten(logPath, values);
  try {
    return await result;
  } finally {
    hiding.stop();
    hideInFile(logPath, aside, values);
  }
}

/** Templates are rendered here: they run no code of the user's, and a process costs more. */
async function renderToOutput(
  { inspection: { node, params }, job, logPath }: PreparedWork,
  tools: ExecutionTools,
): Promise<ExecutionResult> {
  const { renderTemplate } = await import('../executor/render-template.ts');
  try {
    const { action } = node;
    if (action.kind !== 'template') throw new Error(`${node.id} is no template stage`);
    const analysis = tools.analyzeTemplate(action.template);
    if (!analysis.ok) throw new Error(`${node.id} was fingerprinted with a faulty template`);
    const text = renderTemplate(analysis.value.files, action.template, params);
    for (const path of Object.values(job.outputs)) writeFileSync(path, text);
    // What a template reads is all in its fingerprint.
    return { kind: 'done', undeclared: [] };
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'StageFailure') throw error;
    writeFileSync(logPath, `${error.message}\n`);
    return { kind: 'failed', message: 'its template could not be rendered' };
  }
}
