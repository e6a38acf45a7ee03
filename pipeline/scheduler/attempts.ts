/**
 * Running, the door: whatever makes a node's outputs, for a run, a recheck or verify, starts here.
 */

import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JobFile, StageEvent } from '../contract/stage.ts';
import type { JsonObject } from '../contract/values.ts';
import { buildJob } from '../executor/build-task.ts';
import type { Execution, Readings } from '../executor/executor.ts';
import type { Graph } from '../graph/types.ts';
import type { Inspection, KnownResults } from '../inspect/inspect.ts';
import type { Lease } from '../lease/leases.ts';
import type { StateLayout } from '../system/layout.ts';
import { makeNonce } from '../system/nonce.ts';
import { removeTemporary } from '../system/remove-path.ts';
import type { FailedAttempt, Failure, RunningAttempt } from './failure.ts';
import { MeteredCpus, type PlannedCpus } from './metered-cpus.ts';
import { Overlaps } from './overlaps.ts';
import type { Run } from './run.ts';
import type { AttemptFacts, Reader, RunEvents, Stages } from './run-services.ts';

/** An attempt to be made at a node. */
export interface AttemptPlan<End> {
  readonly inspection: Inspection;
  /** Results upstream whose places in the workspace the stage reads: they must not change meanwhile. */
  readonly known: KnownResults;
  /** The right to make it, for as long as it lasts. */
  readonly lease: Pick<Lease, 'lost' | 'isHeld'>;
  /** Absolute path of the stage's log. */
  readonly logPath: string;
  /** Ids of the GPUs that are its own while it runs. */
  readonly gpus: readonly string[];
  readonly cpus: PlannedCpus;
  readonly onEvent: (event: StageEvent) => void;
  /** Gives the job what goes beyond its fingerprint, in its private folder. */
  readonly prepare: (plain: JobFile, folder: string) => JobFile | Promise<JobFile>;
  /** Told what a stage was seen to read, where that counts as its inputs, however it ended. */
  readonly noteReadings: (readings: Readings) => void;
  /** Called where the stage ended well and its inputs are as they were. */
  readonly conclude: (facts: AttemptFacts) => End | Promise<End>;
  /**
   * Called where it failed by itself, to keep what it wrote.
   *
   * @param outputs the folder of its outputs
   * @returns where that is now, from the workspace; null where it is not kept
   */
  readonly salvage: (outputs: string) => string | null;
  /** Called last, however it ended. */
  readonly leave: () => void;
}

/** What all attempts have at hand. */
export interface AttemptMeans {
  readonly reader: Reader;
  readonly stages: Stages;
  readonly events: Pick<RunEvents, 'now'>;
  /** Stages are told to do without the network. */
  readonly offline: boolean;
}

/** The end of an attempt whose lease another process has taken. */
type Superseded = { readonly kind: 'superseded' };

/** Makes attempts, each in a private folder that is gone afterwards. */
export class Attempts {
  readonly #graph: Graph;
  readonly #layout: StateLayout;
  readonly #means: AttemptMeans;
  readonly #overlaps: Overlaps;

  constructor(graph: Graph, layout: StateLayout, means: AttemptMeans) {
    this.#graph = graph;
    this.#layout = layout;
    this.#means = means;
    this.#overlaps = new Overlaps(means.events.now);
  }

  /** Runs a node's stage; the promises of what is returned never reject. */
  start<End extends { readonly kind: string }>(
    plan: AttemptPlan<End>,
  ): RunningAttempt<End | FailedAttempt | Superseded> {
    const { inspection, lease } = plan;
    const folder = join(this.#layout.temporary, makeNonce());
    const stage = new Stoppable();
    this.#overlaps.begin(inspection.node);
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    }).then(() => this.#overlaps.end(inspection.node));
    const finish = async () => {
      try {
        const result = await this.#carryOut(plan, folder, stage, end);
        if (!isFailure(result) || stage.isStopped) return result;
        const kept = plan.salvage(join(folder, 'outputs'));
        return kept === null ? result : { ...result, kept };
      } finally {
        lease.lost.removeEventListener('abort', stage.stop);
        end();
        removeTemporary(folder);
        plan.leave();
      }
    };
    return { result: finish().catch(failOn), ended, stop: stage.stop };
  }

  /** Prepares, runs, looks whether the result may count, and has it concluded. */
  async #carryOut<End>(
    plan: AttemptPlan<End>,
    folder: string,
    stage: Stoppable,
    end: () => void,
  ): Promise<End | FailedAttempt | Superseded> {
    const { inspection, known, lease, logPath, gpus, cpus: planned } = plan;
    const { reader, stages, events } = this.#means;
    const startedAt = events.now();
    try {
      // What this stage and the time it takes may change is looked at again.
      reader.forget();
      const cpus = new MeteredCpus(planned, events.now);
      const { offline } = this.#means;
      const grant = { folder, cpus: cpus.first, offline };
      const plain = buildJob(this.#graph, inspection, this.#layout, grant);
      const job = await plan.prepare(plain, folder);
      for (const path of Object.values(job.outputs)) mkdirSync(dirname(path), { recursive: true });
      let summary: JsonObject | null = null;
      let measured: JsonObject = {};
      const onEvent = (event: StageEvent) => {
        if (event.type === 'summary') summary = event.values;
        if (event.type === 'metrics') measured = { ...measured, ...event.values };
        plan.onEvent(event);
      };
      const work = { inspection, job, folder, logPath, gpus, cpus, onEvent };
      stage.start(stages.start(work), lease.lost);
      const outcome = await stage.execution.result;
      end();
      if (!lease.isHeld()) return { kind: 'superseded' };
      const { readings = null } = outcome;
      if (readings !== null) plan.noteReadings(readings);
      const change = reader.findChange(inspection, known);
      if (outcome.kind === 'failed') {
        const { failure } = outcome;
        return failWith({ kind: 'execution', failure }, change === null);
      }
      const { undeclared, usage = null } = outcome;
      if (change !== null) {
        const readers = this.#overlaps.findReaders(inspection.node, change.path);
        return failWith({ kind: 'input-changed', change, undeclared: undeclared ?? [], readers });
      }
      const seconds = (events.now() - startedAt) / 1000;
      const times = { startedAt, seconds, cpus: cpus.average() };
      const told = { summary: summary ?? measured, undeclared, readings, usage };
      return await plan.conclude({ inspection, job, logPath, ...told, ...times });
    } catch (error) {
      return failOn(error);
    }
  }
}

/** The attempts of a run. */
export function openAttempts({ graph, layout, services, settings }: Run): Attempts {
  return new Attempts(graph, layout, { ...services, offline: settings.offline });
}

/** The process of an attempt, which may be stopped before it is there. */
class Stoppable {
  isStopped = false;
  #execution: Execution | undefined;

  get execution(): Execution {
    if (this.#execution === undefined) throw new Error('a process was awaited before its start');
    return this.#execution;
  }

  /** @param lost aborted when it is to be stopped */
  start(execution: Execution, lost: AbortSignal): void {
    this.#execution = execution;
    // It may have been stopped while it was prepared.
    if (this.isStopped || lost.aborted) execution.stop();
    lost.addEventListener('abort', this.stop);
  }

  readonly stop = (): void => {
    this.isStopped = true;
    this.#execution?.stop();
  };
}

/** What is the same of all attempts that make a result again: nobody is kept from it, and nothing stays. */
export const MADE_AGAIN = {
  lease: { lost: new AbortController().signal, isHeld: () => true },
  onEvent: () => {},
  noteReadings: () => {},
  salvage: () => null,
  leave: () => {},
} satisfies Partial<AttemptPlan<unknown>>;

/** A job that begins with an empty scratch folder, in the private one. */
export function giveEmptyScratch(job: JobFile, folder: string): JobFile {
  const scratch = join(folder, 'scratch');
  mkdirSync(scratch, { recursive: true });
  return { ...job, scratch };
}

/** How an attempt ends that fails for a reason. */
export function failWith(failure: Failure, retryable = false): FailedAttempt {
  return { kind: 'failed', failure, retryable };
}

function failOn(error: unknown): FailedAttempt {
  return failWith({ kind: 'thrown', error });
}

function isFailure(end: { readonly kind: string }): end is FailedAttempt {
  return end.kind === 'failed';
}
