/**
 * Running, what starts a stage: a node's job becomes a process with a time limit, or a rendered
 * template.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Access } from '../audit/access.ts';
import { splitAccesses } from '../audit/readings.ts';
import { gatherAccesses, isOwnState, keepCounting } from '../audit/undeclared.ts';
import { buildTask } from '../executor/build-task.ts';
import { makeStageEnvironment } from '../executor/environment.ts';
import { provideEventsModule } from '../executor/events-module.ts';
import type { Execution, ExecutionResult, Executor } from '../executor/executor.ts';
import { hideAsWritten } from '../executor/hide-as-written.ts';
import { hideInEvent, hideInFile, listHiddenValues } from '../executor/hide-values.ts';
import { limitTime } from '../executor/limit-time.ts';
import { limitThreads } from '../executor/thread-limits.ts';
import type { Moment } from '../fingerprint/file-clock.ts';
import type { GraphNode } from '../graph/types.ts';
import type { Inspection, InspectionTools } from '../inspect/inspect.ts';
import { Obstacle } from '../system/fault.ts';
import type { StateLayout } from '../system/layout.ts';
import type { Stages, StageWork } from './run-services.ts';

/** Starts stages by an executor; templates are rendered here. */
export class StageStarter implements Stages {
  readonly #layout: StateLayout;
  readonly #executor: Pick<Executor, 'start'>;
  readonly #tools: InspectionTools;
  /** The folder of `pipeline_events.py`, made for the first command. */
  #eventsModule: string | undefined;

  constructor(layout: StateLayout, executor: Pick<Executor, 'start'>, tools: InspectionTools) {
    this.#layout = layout;
    this.#executor = executor;
    this.#tools = tools;
  }

  /** @throws Obstacle where something of its code is not what was hashed; its result rejects with it */
  start(work: StageWork): Execution {
    const { node } = work.inspection;
    this.#refuseEditedCode(node);
    this.#refuseReplacedPackage(work.inspection);
    if (node.action.kind === 'template') {
      return { result: this.#render(work), stop: () => {} };
    }
    const since = node.findsInputs ? this.#tools.files.moment() : null;
    const execution = this.#startProcess(work);
    const { timeoutSeconds, name } = node.stage;
    const limited =
      timeoutSeconds === null ? execution : limitTime(execution, timeoutSeconds, name);
    return { ...limited, result: this.#judge(work.inspection, limited.result, since) };
  }

  #startProcess(work: StageWork): Execution {
    const { inspection, job, folder, logPath, gpus, cpus, onEvent } = work;
    const { env, action } = inspection.node;
    const { environment } = this.#tools;
    const base = makeStageEnvironment(environment, env, gpus);
    // A module is told of its CPUs, also of those that come and go, and reports by itself.
    const isCommand = action.kind === 'command';
    const provided = isCommand ? [this.#provideEventsModule()] : [];
    const modules = [base['PYTHONPATH'] ?? '', ...provided].filter((path) => path !== '').join(':');
    const forCommand = isCommand ? { ...limitThreads(job.cpus, env), PYTHONPATH: modules } : {};
    const values = listHiddenValues(environment, env);
    const execution = this.#executor.start({
      task: buildTask(inspection, job, this.#layout),
      taskPath: join(folder, 'task.json'),
      logPath,
      env: { ...base, ...forCommand },
      provided,
      cpus,
      onEvent: values.length === 0 ? onEvent : (event) => onEvent(hideInEvent(event, values)),
    });
    const aside = join(folder, 'log');
    return { ...execution, result: hideAtEnd(execution.result, logPath, aside, values) };
  }

  /** The folder in which Python finds `pipeline_events`. */
  #provideEventsModule(): string {
    this.#eventsModule ??= provideEventsModule(this.#layout.temporary);
    return this.#eventsModule;
  }

  /** Of a stage that ended well: whether it ran what was hashed, and what it did that counts. */
  async #judge(
    inspection: Inspection,
    result: Execution['result'],
    since: Moment | null,
  ): Promise<ExecutionResult> {
    const { node } = inspection;
    const ended = await result;
    if (ended.kind === 'done') {
      this.#refuseReplacedPackage(inspection);
      await this.#refuseCodeEditedMeanwhile(inspection);
    }
    if (since !== null) return this.#splitReadings(node, ended, since);
    if (ended.kind === 'failed' || ended.undeclared === null) return ended;
    const { ignored, workspace } = this.#tools;
    const counting = keepCounting(ended.undeclared, ignored.below(workspace));
    return { ...ended, undeclared: gatherAccesses(this.#dropCode(node, counting)) };
  }

  /** Of a stage whose readings count: what they are, and what it did beside. */
  #splitReadings(node: GraphNode, ended: ExecutionResult, since: Moment): ExecutionResult {
    const seen = ended.undeclared ?? null;
    if (seen === null) return { ...ended, readings: { found: null, others: [], since } };
    const rules = this.#tools.ignored.below(this.#tools.workspace);
    const counting = seen.filter(({ path }) => isOwnState(path) || !rules.covers(path));
    const { found, others } = splitAccesses(this.#dropCode(node, counting));
    return { ...ended, undeclared: gatherAccesses(others), readings: { found, others, since } };
  }

  #dropCode(node: GraphNode, accesses: readonly Access[]): Access[] {
    return accesses.filter((access) => !this.#tools.commands.covers(node, access));
  }

  /** A command reads its code when it starts. */
  #refuseEditedCode(node: GraphNode): void {
    const edited = this.#tools.commands.findReplaced(node);
    if (edited === null) return;
    throw new Obstacle(
      `${edited}, which it runs, changed after this run had looked at it, so it was not started; run again`,
    );
  }

  /** A program may read a module when it imports it late: it would be another than was hashed. */
  async #refuseCodeEditedMeanwhile({ node, code }: Inspection): Promise<void> {
    if (node.action.kind !== 'command' || code === null) return;
    const { commands } = this.#tools;
    const edited = commands.findReplaced(node) ?? 'its code';
    const now = await commands.digestAfresh(node);
    if (now?.digest === code.digest) return;
    throw new Obstacle(
      `${edited}, which it runs, changed while it ran, so the result is not published; run again`,
    );
  }

  /** A process loads packages as they are when it starts, or later: a result would be filed under other code. */
  #refuseReplacedPackage({ node: { action } }: Inspection): void {
    const folder = action.kind === 'module' ? this.#tools.code.findReplaced(action.module) : null;
    if (folder === null) return;
    throw new Obstacle(
      `the package in ${folder} changed after this run had looked at it (npm install?), so there is no result; run again`,
    );
  }

  /** Templates are rendered here: they run no code of the user's, and a process costs more. */
  async #render({
    inspection: { node, params },
    job,
    logPath,
  }: StageWork): Promise<ExecutionResult> {
    const { renderTemplate } = await import('../executor/render-template.ts');
    const before = process.cpuUsage();
    try {
      const { action } = node;
      if (action.kind !== 'template') throw new Error(`${node.id} is no template stage`);
      const analysis = this.#tools.analyzeTemplate(action.template);
      if (!analysis.ok) throw new Error(`${node.id} was fingerprinted with a faulty template`);
      const text = renderTemplate(analysis.value.files, action.template, params);
      for (const path of Object.values(job.outputs)) writeFileSync(path, text);
      const { user, system } = process.cpuUsage(before);
      const usage = { cpuSeconds: Number(((user + system) / 1e6).toFixed(2)), memory: null };
      // What a template reads is all in its fingerprint.
      return { kind: 'done', undeclared: [], usage };
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'StageFailure') throw error;
      writeFileSync(logPath, `${error.message}\n`);
      return { kind: 'failed', failure: { kind: 'not-rendered' } };
    }
  }
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
