/** What travels between the engine and a worker: tasks one way, lines the other. */

import type { JobFile } from '../contract/stage.ts';
import type { ProcessUse } from '../pipeline-file/types.ts';

/** What is run in a process: a job, and the code to run it with. */
export interface WorkerTask {
  readonly job: JobFile;
  readonly run: ModuleRun | CommandRun;
}

/** What is the same of all that runs. */
interface Watching {
  /** All that it reads in the workspace is to be told, since it counts. */
  readonly findsInputs: boolean;
}

/** A command to run. */
interface CommandRun extends Watching {
  readonly kind: 'command';
  readonly command: readonly CommandPiece[];
}

/** A module to run. */
export interface ModuleRun extends Watching {
  readonly kind: 'module';
  /** Path of the module from the workspace, for messages. */
  readonly module: string;
  /** Absolute path of the bundle that was hashed. */
  readonly bundle: string;
  readonly process: ProcessUse;
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
  /** The address of a file of this program, from which its packages are found. */
  readonly packages: string;
}

/** A line like this, with a number, tells a worker how many CPUs its stage may use from now on. */
export const CPUS_GRANTED = '=cpus ';

// Lines in which a worker speaks for itself, between those of the stages' events.

/** A worker says with this line that it has taken an order. */
export const WORKER_STARTED = '=started';
/** A worker says with this line that the stage ended well and left nothing behind: it can take another. */
export const WORKER_READY = '=ready';
/** A worker says so that its stage does something undeclared; the JSON of an access follows. */
export const WORKER_ACCESS = '=access ';
/** A worker says so how many CPUs its stage has heard that it may use; the number follows. */
export const WORKER_CPUS = '=cpus ';
/** A worker says with this line that its stage runs a program by `$`, which nobody watches. */
export const WORKER_UNSEEN = '=unseen';
