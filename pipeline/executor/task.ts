import type { JobFile } from '../job/contract.ts';

/** What a worker process is started on: a job, and the code to run it with. */
export interface WorkerTask {
  readonly job: JobFile;
  readonly run:
    | {
        readonly kind: 'module';
        /** Path of the module from the workspace, for messages. */
        readonly module: string;
        /** Absolute path of the bundle that was hashed. */
        readonly bundle: string;
      }
    | { readonly kind: 'command'; readonly command: readonly CommandPiece[] };
}

/** A piece of a command line: text for the shell, or values that are quoted as arguments. */
export type CommandPiece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'arguments'; readonly values: readonly string[] };
