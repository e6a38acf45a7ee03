/**
 * Running, the door: whatever makes a node's outputs, for a run, a recheck or verify, starts here.
 */

import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JobFile, StageEvent } from '../contract/stage.ts';
import type { JsonObject } from '../contract/values.ts';
import { beginsAnew } from '../executor/begins-anew.ts';
import { buildJob } from '../executor/build-task.ts';
import type { AttemptPlace, Execution, PlaceEnd, Readings } from '../executor/executor.ts';
import type { Graph } from '../graph/types.ts';
import type { Inspection, KnownResults } from '../inspect/inspect.ts';
import type { Lease } from '../lease/leases.ts';
import type { StateLayout } from '../system/layout.ts';
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

/** The end of an attempt whose lease another process has taken, or that goes on by itself. */
type LeftAttempt = { readonly kind: 'superseded' | 'detached' };

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
  ): RunningAttempt<End | FailedAttempt | LeftAttempt> {
    const { inspection, lease } = plan;
    const place = this.#means.stages.place(inspection);
    const { folder } = place;
    const stage = new Stoppable();
    this.#overlaps.begin(inspection.node);
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    }).then(() => this.#overlaps.end(inspection.node));
    let how: PlaceEnd = 'over';
    const finish = async () => {
      try {
        const result = await this.#carryOut(plan, place, stage, end);
        if (isLeft(result)) how = result.kind;
        if (!isFailure(result) || stage.isStopped) return result;
        const kept = plan.salvage(join(folder, 'outputs'));
        return kept === null ? result : { ...result, kept };
      } finally {
        lease.lost.removeEventListener('abort', stage.stop);
        end();
        place.leave(how);
        plan.leave();
      }
    };
    return { result: finish().catch(failOn), ended, stop: stage.stop };
  }

  /** The job of an attempt that begins. */
  #prepare<End>(
    { inspection, prepare }: AttemptPlan<End>,
    folder: string,
    cpus: number,
  ): JobFile | Promise<JobFile> {
    const grant = { folder, cpus, offline: this.#means.offline };
    return prepare(buildJob(this.#graph, inspection, this.#layout, grant), folder);
  }

  /** Prepares, runs, looks whether the result may count, and has it concluded. */
  async #carryOut<End>(
    plan: AttemptPlan<End>,
    { folder, begun }: AttemptPlace,
    stage: Stoppable,
    end: () => void,
  ): Promise<End | FailedAttempt | LeftAttempt> {
    const { inspection, known, lease, logPath, gpus, cpus: planned } = plan;
    const { reader, stages, events } = this.#means;
    const startedAt = events.now();
    try {
      // What this stage and the time it takes may change is looked at again.
      reader.forget();
      const cpus = new MeteredCpus(planned, events.now);
      const job = begun?.job ?? (await this.#prepare(plan, folder, cpus.first));
      const isAnew = beginsAnew(job);
      for (const path of Object.values(job.outputs)) mkdirSync(dirname(path), { recursive: true });
      let summary: JsonObject | null = null;
      let measured: JsonObject = {};
      const onEvent = (event: StageEvent) => {
        if (event.type === 'summary') summary = event.values;
        if (event.type === 'metrics') measured = { ...measured, ...event.values };
        plan.onEvent(event);
      };
      const since = begun?.since ?? null;
      const work = { inspection, job, folder, logPath, gpus, cpus, onEvent, since };
      stage.start(stages.start(work), lease.lost);
      const outcome = await stage.execution.result;
      end();
      if (!lease.isHeld()) return { kind: 'superseded' };
      if (outcome.kind === 'detached') return outcome;
      const { readings = null } = outcome;
      if (readings !== null) plan.noteReadings(readings);
      const change = reader.findChange(inspection, known);
      if (outcome.kind === 'failed') {
        const { failure, retry } = outcome;
        const retryable = change === null && retry !== 'never';
        return failWith({ kind: 'execution', failure }, retryable, retry === 'uncounted');
      }
      const { undeclared, usage = null, elsewhere = null } = outcome;
      if (change !== null) {
        const readers = this.#overlaps.findReaders(inspection.node, change.path);
        return failWith({ kind: 'input-changed', change, undeclared: undeclared ?? [], readers });
      }
      const times = {
        startedAt: elsewhere?.startedAt ?? startedAt,
        seconds: elsewhere?.seconds ?? (events.now() - startedAt) / 1000,
        // Of a job the last of its starts is timed, and asked.
        isWhole: elsewhere === null ? isAnew : elsewhere.isWhole,
        cpus: cpus.average(),
        elsewhere,
      };
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
export function failWith(failure: Failure, retryable = false, isExcused = false): FailedAttempt {
  return { kind: 'failed', failure, retryable, ...(isExcused ? { isExcused } : {}) };
}

function failOn(error: unknown): FailedAttempt {
  return failWith({ kind: 'thrown', error });
}

function isLeft(end: { readonly kind: string }): end is LeftAttempt {
  return end.kind === 'superseded' || end.kind === 'detached';
}

function isFailure(end: { readonly kind: string }): end is FailedAttempt {
  return end.kind === 'failed';
}
