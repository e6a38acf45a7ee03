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
import type {
  AttemptPlace,
  Execution,
  ExecutionResult,
  Executor,
  PlaceEnd,
} from '../executor/executor.ts';
import { listHiddenValues } from '../executor/hide-values.ts';
import { limitThreads } from '../executor/thread-limits.ts';
import type { Moment } from '../fingerprint/file-clock.ts';
import type { GraphNode } from '../graph/types.ts';
import type { Inspection, InspectionTools } from '../inspect/inspect.ts';
import { Obstacle } from '../system/fault.ts';
import type { StateLayout } from '../system/layout.ts';
import { makeNonce } from '../system/nonce.ts';
import { removeTemporary } from '../system/remove-path.ts';
import type { Stages, StageWork } from './run-services.ts';

/** Starts stages by an executor; templates are rendered here. */
export class StageStarter implements Stages {
  readonly #layout: StateLayout;
  readonly #executor: Pick<Executor, 'start' | 'place'>;
  readonly #tools: InspectionTools;
  /** The folder of `pipeline_events.py`, made for the first command. */
  #eventsModule: string | undefined;

  constructor(
    layout: StateLayout,
    executor: Pick<Executor, 'start' | 'place'>,
    tools: InspectionTools,
  ) {
    this.#layout = layout;
    this.#executor = executor;
    this.#tools = tools;
  }

  place(inspection: Inspection): AttemptPlace {
    const folder = join(this.#layout.temporary, makeNonce());
    const leave = (end: PlaceEnd) => {
      if (end !== 'detached') removeTemporary(folder);
    };
    const { action } = inspection.node;
    const placed = action.kind === 'template' ? null : this.#executor.place?.(inspection);
    return placed ?? { folder, begun: null, leave };
  }

  /** @throws Obstacle where something of its code is not what was hashed; its result rejects with it */
  start(work: StageWork): Execution {
    const { node } = work.inspection;
    this.#refuseEditedCode(node);
    this.#refuseReplacedPackage(work.inspection);
    if (node.action.kind === 'template') {
      return { result: this.#render(work), stop: () => {} };
    }
    const since = node.findsInputs ? (work.since ?? this.#tools.files.moment()) : null;
    const execution = this.#startProcess(work, since);
    return { ...execution, result: this.#judge(work.inspection, execution.result, since) };
  }

  #startProcess(work: StageWork, since: Moment | null): Execution {
    const { inspection, job, folder, logPath, gpus, cpus, onEvent } = work;
    const { env, action } = inspection.node;
    const { environment } = this.#tools;
    const base = makeStageEnvironment(environment, env, gpus);
    // A module is told of its CPUs, also of those that come and go, and reports by itself.
    const isCommand = action.kind === 'command';
    const provided = isCommand ? [this.#provideEventsModule()] : [];
    const modules = [base['PYTHONPATH'] ?? '', ...provided].filter((path) => path !== '').join(':');
    const forCommand = isCommand ? { ...limitThreads(job.cpus, env), PYTHONPATH: modules } : {};
    return this.#executor.start({
      task: buildTask(inspection, job, this.#layout),
      work: inspection,
      since,
      stage: inspection.node.stage.name,
      timeoutSeconds: inspection.node.stage.timeoutSeconds,
      hidden: listHiddenValues(environment, env),
      taskPath: join(folder, 'task.json'),
      logPath,
      env: { ...base, ...forCommand },
      provided,
      cpus,
      onEvent,
    });
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
    if (ended.kind === 'detached') return ended;
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
  #splitReadings(
    node: GraphNode,
    ended: Exclude<ExecutionResult, { kind: 'detached' }>,
    since: Moment,
  ): ExecutionResult {
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
