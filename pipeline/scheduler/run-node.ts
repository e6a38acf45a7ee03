import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Access } from '../audit/access.ts';
import { gatherAccesses, keepCounting } from '../audit/undeclared.ts';
import type { RunHistory } from '../cache/history.ts';
import type { LineageIndex } from '../cache/lineages.ts';
import type { Placements } from '../cache/placements.ts';
import type { ResultRecord } from '../cache/results.ts';
import type { JobFile, StageEvent } from '../contract/stage.ts';
import type { JsonObject } from '../contract/values.ts';
import { buildJob, usesScratch } from '../executor/build-task.ts';
import type { Execution, Executor } from '../executor/executor.ts';
import type { Graph, NodeId } from '../graph/types.ts';
import type { Inspection, InspectionTools, KnownResults } from '../inspect/inspect.ts';
import type { SettledNodes } from '../inspect/settled-nodes.ts';
import type { Lease, Leases } from '../lease/leases.ts';
import { Obstacle } from '../system/fault.ts';
import { isSystemError, makeNonce, removeEmptyFolder, removeTemporary } from '../system/files.ts';
import type { StateLayout } from '../system/layout.ts';
import { describeChange } from './describe-change.ts';
import { describeNodeFault } from './describe-fault.ts';
import { findChangedInput } from './find-changed-input.ts';
import { findPrevious } from './find-previous.ts';
import { keepFailed } from './keep-failed.ts';
import { keepFolderLists } from './keep-folder-lists.ts';
import { publishAttempt } from './publish-attempt.ts';
import { startExecution } from './start-execution.ts';

/** What running nodes needs beside what inspecting them needs. */
export interface RunTools extends InspectionTools {
  /** Nodes that need no inspection; null where nothing is remembered of them. */
  readonly settled: SettledNodes | null;
  readonly layout: StateLayout;
  readonly lineages: LineageIndex;
  readonly history: RunHistory;
  readonly leases: Leases;
  readonly placements: Placements;
  readonly executor: Executor;
  readonly now: () => number;
  /** Name and version of this program, for provenance. */
  readonly engine: string;
}

/** One attempt at a node. */
export interface Attempt {
  readonly inspection: Inspection;
  /** This process's right to run the node; released when the attempt is over. */
  readonly lease: Lease;
  readonly known: KnownResults;
  readonly runId: string;
  /** Absolute path of the stage's log. */
  readonly logPath: string;
  readonly cpus: number;
  /** Ids of the GPUs that are its own while it runs. */
  readonly gpus: readonly string[];
  readonly offline: boolean;
  readonly onEvent: (event: StageEvent) => void;
  /** Where the stack traces of bugs of ours go. */
  readonly stackPath: string;
  /** Why there is to be no result, after what the stage did without declaring it; null where none. */
  readonly objectTo: (undeclared: readonly Access[] | null) => string | null;
  /** Nodes that were under way at the same time and read the same path. */
  readonly findReaders: (path: string) => readonly NodeId[];
}

/**
 * How an attempt ended: with a published result, with a reason why there is none, or without one
 * because another process has taken the work over.
 */
export type AttemptEnd =
  | { readonly kind: 'published'; readonly result: ResultRecord }
  | FailedAttempt;

/** An attempt without a result. */
export type FailedAttempt =
  | {
      readonly kind: 'failed';
      readonly message: string;
      /** Whether the same attempt again could end otherwise: its stage failed, not what it stands on. */
      readonly retryable: boolean;
      /** The folder with what it wrote to its outputs, from the workspace; absent where that is gone. */
      readonly kept?: string;
    }
  | { readonly kind: 'superseded' };

/** An attempt that is on its way. */
export interface RunningAttempt<Result = AttemptEnd> {
  /** Never rejected: whatever is thrown on the way is a failed attempt. */
  readonly result: Promise<Result>;
  /** Its process is gone; what is left to do waits for the disk and needs no CPU. */
  readonly ended: Promise<void>;
  readonly stop: () => void;
}

/**
 * Runs a node in a private folder and publishes what it made: outputs into the store, then the
 * result record. Restoring the outputs to the workspace is left to `OutputRestorer`.
 */
export function startNode(graph: Graph, attempt: Attempt, tools: RunTools): RunningAttempt {
  const { inspection, lease } = attempt;
  return startPrivately(graph, attempt, tools, {
    prepare: async (plain, folder) => {
      if (usesScratch(inspection.node)) mkdirSync(plain.scratch, { recursive: true });
      keepFolderLists(inspection, tools);
      const previous = await findPrevious(
        inspection,
        join(folder, 'previous'),
        tools.lineages,
        tools,
      );
      return { ...plain, previous };
    },
    conclude: (job, facts) => publishAttempt(attempt, job, facts, tools),
    salvage: (outputs) => keepFailed(inspection.node, outputs, tools.layout),
    // The next holder may be at work in it already.
    abandon: ({ scratch }) => {
      try {
        if (lease.isHeld()) removeEmptyFolder(scratch);
      } catch (error) {
        // An empty folder stays, for garbage collection.
        if (!isSystemError(error)) throw error;
      } finally {
        lease.release();
      }
    },
  });
}

/** What stages reported, and when and for how long they ran. */
export interface AttemptFacts {
  readonly summary: JsonObject;
  /** What the stage did in the workspace without declaring it; null where nobody looked. */
  readonly undeclared: readonly Access[] | null;
  readonly startedAt: number;
  readonly seconds: number;
}

/** What becomes of a job before and after its process. */
export interface AttemptFrame<Result> {
  /** Gives the job what goes beyond its fingerprint, in its private folder. */
  readonly prepare: (plain: JobFile, folder: string) => JobFile | Promise<JobFile>;
  /** Called where the stage ended well and its inputs are as they were. */
  readonly conclude: (job: JobFile, facts: AttemptFacts) => Result | Promise<Result>;
  /**
   * Called where it failed by itself, to keep what it wrote.
   *
   * @param outputs the folder of its outputs
   * @returns where that is now, from the workspace; null where it is not kept
   */
  readonly salvage: (outputs: string) => string | null;
  /** Called last, however it ended. */
  readonly abandon: (job: JobFile) => void;
}

/** Runs a node in a private folder, which is gone afterwards. */
export function startPrivately<Result extends { readonly kind: string }>(
  graph: Graph,
  attempt: Attempt,
  tools: RunTools,
  { prepare, conclude, salvage, abandon }: AttemptFrame<Result>,
): RunningAttempt<Result | FailedAttempt> {
  const { inspection, lease, cpus, offline } = attempt;
  // What this stage and the time it takes may change is looked at again.
  tools.files.forgetSightings();
  const folder = join(tools.layout.temporary, makeNonce());
  const plain = buildJob(graph, inspection, tools.layout, { folder, cpus, offline });
  let summary: JsonObject = {};
  const startedAt = tools.now();
  let execution: Execution | undefined;
  let isStopped = false;
  const stop = () => {
    isStopped = true;
    execution?.stop();
  };
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const fail = (error: unknown): FailedAttempt => {
    const message = describeNodeFault(error, graph, inspection.node, attempt.stackPath);
    return { kind: 'failed', message, retryable: false };
  };
  const carryOut = async (): Promise<Result | FailedAttempt> => {
    try {
      const job = await prepare(plain, folder);
      refuseReplacedPackage(inspection, tools);
      for (const path of Object.values(job.outputs)) mkdirSync(dirname(path), { recursive: true });
      const onEvent = (event: StageEvent) => {
        if (event.type === 'summary') summary = event.values;
        attempt.onEvent(event);
      };
      execution = startExecution({ ...attempt, job, folder, onEvent }, tools);
      // It may have been stopped while it was prepared.
      if (isStopped || lease.lost.aborted) execution.stop();
      lease.lost.addEventListener('abort', stop);
      const outcome = await execution.result;
      end();
      if (!lease.isHeld()) return { kind: 'superseded' };
      const changed = findChangedInput(attempt, tools);
      if (outcome.kind === 'failed') return { ...outcome, retryable: changed === null };
      const undeclared =
        outcome.undeclared === null
          ? null
          : gatherAccesses(keepCounting(outcome.undeclared, tools.ignored.below(tools.workspace)));
      if (changed !== null) {
        const message = describeChange(
          changed,
          undeclared ?? [],
          attempt.findReaders(changed.path),
        );
        return { kind: 'failed', message, retryable: false };
      }
      refuseReplacedPackage(inspection, tools);
      const objection = attempt.objectTo(undeclared);
      if (objection !== null) return { kind: 'failed', message: objection, retryable: false };
      const seconds = (tools.now() - startedAt) / 1000;
      return await conclude(job, { summary, undeclared, startedAt, seconds });
    } catch (error) {
      return fail(error);
    } finally {
      end();
    }
  };
  const finish = async (): Promise<Result | FailedAttempt> => {
    try {
      const result = await carryOut();
      if (result.kind !== 'failed' || isStopped) return result;
      const kept = salvage(join(folder, 'outputs'));
      return kept === null ? result : { ...result, kept };
    } finally {
      removeTemporary(folder);
      abandon(plain);
    }
  };
  return { result: finish().catch(fail), ended, stop };
}

/**
 * A process loads packages as they are when it starts, or later.
 *
 * @throws Obstacle where one is not what was hashed: a result would be filed under other code
 */
function refuseReplacedPackage({ node: { action } }: Inspection, { code }: RunTools): void {
  const folder = action.kind === 'module' ? code.findReplaced(action.module) : null;
  if (folder === null) return;
  throw new Obstacle(
    `the package in ${folder} changed after this run had looked at it (npm install?), so there is no result; run again`,
  );
}
