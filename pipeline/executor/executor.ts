/** The seam to where stages run: on this machine, or on a cluster. */

import type { Access } from '../audit/access.ts';
import type { SplitAccesses } from '../audit/readings.ts';
import type { Tracer } from '../audit/strace.ts';
import type { JobFile, StageEvent } from '../contract/stage.ts';
import type { JsonObject } from '../contract/values.ts';
import type { Moment } from '../fingerprint/file-clock.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import type { GraphNode } from '../graph/types.ts';
import type { WorkerTask } from './task.ts';
import type { StageUsage, UsageMeter } from './usage-meter.ts';

/** What a stage whose readings count as its inputs was seen to do. */
export interface Readings extends Omit<SplitAccesses, 'found'> {
  /** What it read; null where that is not known. */
  readonly found: SplitAccesses['found'] | null;
  /** When it started. */
  readonly since: Moment;
}

/** How a stage process ended. */
export type ExecutionResult =
  | {
      readonly kind: 'done';
      /** What it did in the workspace without declaring it; null where nobody looked. */
      readonly undeclared: readonly Access[] | null;
      readonly readings?: Readings;
      /** Absent where nothing tells. */
      readonly usage?: StageUsage;
      /** Absent where it ran on this machine. */
      readonly elsewhere?: Elsewhere;
    }
  | {
      readonly kind: 'failed';
      readonly failure: ExecutionFailure;
      /** What it had done by then, where somebody looked. */
      readonly undeclared?: readonly Access[];
      readonly readings?: Readings;
      /** Of a failure that is none of the stage's: another attempt is none of its retries, or of no use. */
      readonly retry?: 'uncounted' | 'never';
    }
  /** It was left alone and goes on without this process. */
  | { readonly kind: 'detached' };

/** Where and when a stage ran that did not run on this machine: recorded with its result. */
export interface Elsewhere {
  readonly host: string;
  /** By the clock of that host, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly seconds: number;
  /** Whether it had all of its work before it then; null where it was not asked. */
  readonly isWhole: boolean | null;
  /** The version of Node that ran there. */
  readonly node: string;
  /** The job, and what was set up for it. */
  readonly slurm: JsonObject;
  /** Where it is noted what was collected of it, for who follows the job after this process. */
  readonly note: string;
}

/** Why a stage did not end well; describe-execution.ts words it. */
export type ExecutionFailure =
  | { readonly kind: 'command-ended'; readonly end: ProcessEnd }
  | { readonly kind: 'module-ended'; readonly end: ProcessEnd }
  | { readonly kind: 'timed-out'; readonly stage: string; readonly seconds: number }
  | { readonly kind: 'not-started'; readonly because: string }
  | { readonly kind: 'stopped-early' }
  | { readonly kind: 'value-refused'; readonly fault: string }
  | { readonly kind: 'not-rendered' }
  | { readonly kind: 'job-ended'; readonly job: string; readonly end: JobEnd };

/** Why a job of Slurm ended without a result of its stage. */
export type JobEnd =
  | { readonly kind: 'time-limit' }
  | { readonly kind: 'preempted' }
  | { readonly kind: 'node-failed'; readonly nodes: string }
  | { readonly kind: 'out-of-memory'; readonly said: string }
  | { readonly kind: 'cancelled'; readonly by: string }
  /** What it read is not what it was when it was submitted. */
  | { readonly kind: 'input-replaced'; readonly path: string }
  /** Slurm took it and did not get as far as the stage: a prologue, a module, a lost program. */
  | { readonly kind: 'not-begun'; readonly state: string; readonly said: string }
  /** Its stage had begun, and it ended without a word: Slurm may call so what it puts on a node that comes back. */
  | { readonly kind: 'cut-off'; readonly state: string }
  /** An exit file that is not this job's. */
  | { readonly kind: 'foreign-exit' }
  /** The process that was to submit it ended before. */
  | { readonly kind: 'unsubmitted' }
  /** Slurm knows nothing of it any more, and it left no word. */
  | { readonly kind: 'lost' }
  /** Slurm did not take it. */
  | { readonly kind: 'refused'; readonly said: string };

/** How a process ended, and what it had written at last. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of its log. */
  readonly said: string;
}

/** A stage process that is on its way. */
export interface Execution {
  readonly result: Promise<ExecutionResult>;
  /** Asks the process and all its children to end; forces them after a grace period. */
  readonly stop: () => void;
}

/** The CPUs of a stage, which may become more and fewer while it runs. */
export interface GrantedCpus {
  /** Called with each new number until the stage ends. */
  readonly follow: (listener: (cpus: number) => void) => void;
  /** The stage has asked, and heard of so many. */
  readonly heed: (cpus: number) => void;
}

/** What is needed to start a stage process. */
export interface ExecutionRequest {
  readonly task: WorkerTask;
  /** The name of the stage. */
  readonly stage: string;
  /** Seconds after which it is stopped, from its start; null lets it run. */
  readonly timeoutSeconds: number | null;
  /** What is starred out in its log and its events. */
  readonly hidden: readonly string[];
  /** Where a file about the task may be written. */
  readonly taskPath: string;
  /** Receives everything that the process prints. */
  readonly logPath: string;
  readonly env: Readonly<Record<string, string>>;
  /** Files and folders that it may read and write besides. */
  readonly provided: readonly string[];
  readonly onEvent: (event: StageEvent) => void;
  readonly cpus: GrantedCpus;
}

/** A request that also tells what is to be made: what goes on without this process is found by that. */
export interface PlacedRequest extends ExecutionRequest {
  readonly work: PlacedWork;
  /** When what counts as its inputs began to be read; null where that is declared. */
  readonly since: Moment | null;
}

/** Which commands are watched. */
export interface Tracing {
  /** Sees what commands do; null where nobody can. */
  readonly tracer: Tracer | null;
  /** Of all commands, and not only of those whose readings count. */
  readonly all: boolean;
}

/** Nobody watches commands. */
export const UNTRACED: Tracing = { tracer: null, all: false };

/** What sees what stages do. */
export interface Watching {
  readonly tracing: Tracing;
  readonly meter: UsageMeter;
}

/** A node at some work, which an executor may have begun before. */
export interface PlacedWork {
  readonly node: GraphNode;
  readonly fingerprint: Fingerprint;
}

/** How an attempt ended, for its place. */
export type PlaceEnd = 'over' | 'superseded' | 'detached';

/** Where an attempt is made. */
export interface AttemptPlace {
  /** Its private folder. */
  readonly folder: string;
  /** What a process that is gone began there and what goes on; null where nothing was begun. */
  readonly begun: { readonly job: JobFile; readonly since: Moment | null } | null;
  /** Removes what is not needed any more. */
  readonly leave: (end: PlaceEnd) => void;
}

/** Where stages run: on this machine, on a cluster. */
export interface Executor {
  /** Where the attempt at some work is made; null leaves that to whoever makes it. */
  readonly place?: (work: PlacedWork) => AttemptPlace | null;
  readonly start: (request: PlacedRequest) => Execution;
  /** Ends what is kept ready for further stages, when no stage is on its way any more. */
  readonly close: () => Promise<void>;
}
