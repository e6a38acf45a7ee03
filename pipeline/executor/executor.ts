/** The seam to where stages run: on this machine today, on a cluster some day. */

import type { Access } from '../audit/access.ts';
import type { SplitAccesses } from '../audit/readings.ts';
import type { Tracer } from '../audit/strace.ts';
import type { StageEvent } from '../contract/stage.ts';
import type { Moment } from '../fingerprint/file-clock.ts';
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
    }
  | {
      readonly kind: 'failed';
      readonly failure: ExecutionFailure;
      /** What it had done by then, where somebody looked. */
      readonly undeclared?: readonly Access[];
      readonly readings?: Readings;
    };

/** Why a stage did not end well; describe-execution.ts words it. */
export type ExecutionFailure =
  | { readonly kind: 'command-ended'; readonly end: ProcessEnd }
  | { readonly kind: 'module-ended'; readonly end: ProcessEnd }
  | { readonly kind: 'timed-out'; readonly stage: string; readonly seconds: number }
  | { readonly kind: 'not-started'; readonly because: string }
  | { readonly kind: 'stopped-early' }
  | { readonly kind: 'value-refused'; readonly fault: string }
  | { readonly kind: 'not-rendered' };

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

/** Where stages run: on this machine, on a cluster. */
export interface Executor {
  readonly start: (request: ExecutionRequest) => Execution;
  /** Ends what is kept ready for further stages, when no stage is on its way any more. */
  readonly close: () => Promise<void>;
}
