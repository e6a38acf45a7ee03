import type { JobFile } from '../contract/stage.ts';

/** What is run in a process: a job, and the code to run it with. */
export interface WorkerTask {
  readonly job: JobFile;
  readonly run: ModuleRun | { readonly kind: 'command'; readonly command: readonly CommandPiece[] };
}

/** A module to run. */
export interface ModuleRun {
  readonly kind: 'module';
  /** Path of the module from the workspace, for messages. */
  readonly module: string;
  /** Absolute path of the bundle that was hashed. */
  readonly bundle: string;
  /** The stage asks for a process that has run nothing else, and will not. */
  readonly fresh: boolean;
}

/** A piece of a command line: text for the shell, or values that are quoted as arguments. */
export type CommandPiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'arguments'; readonly values: readonly string[] };

/** A line of a worker's standard input: one task after the other. */
export interface WorkerOrder {
  readonly job: JobFile;
  readonly run: ModuleRun;
  /** Where the output goes from now on; null where it goes there already. */
  readonly logPath: string | null;
}

/**
 * Lines in which a worker speaks for itself, between those of the stages' events: it has taken an
 * order; the stage has ended well and left nothing behind, so that the worker can take another; the
 * stage does something that it does not declare, of which the JSON follows.
 */
export const WORKER_STARTED = '=started';
export const WORKER_READY = '=ready';
export const WORKER_ACCESS = '=access ';
