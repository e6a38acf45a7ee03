/** Running, its failures: why a node has no result, as values; describe-failure.ts words them. */

import type { Access } from '../audit/access.ts';
import type { CollectFault } from '../cache/collect-outputs.ts';
import type { RestoreFault } from '../cache/restore-tree.ts';
import type { ResultRecord } from '../cache/results.ts';
import type { ExecutionFailure } from '../executor/executor.ts';
import type { NodeId } from '../graph/types.ts';
import type { Inspection } from '../inspect/inspect.ts';
import type { PathReader } from '../lease/leases.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';

/** Why a node has no result. */
export type Failure =
  /** Its inputs cannot be read as they are now. */
  | { readonly kind: 'unreadable'; readonly diagnostics: readonly Diagnostic[] }
  /** No machine like this one can run it. */
  | { readonly kind: 'too-few-gpus'; readonly wanted: number; readonly offered: number }
  /** Something is in the way of its outputs, or of its inputs, as the text says. */
  | { readonly kind: 'obstacle'; readonly text: string }
  /** Its process ended without a result, or could not be started. */
  | { readonly kind: 'execution'; readonly failure: ExecutionFailure }
  /** What it read was another thing when it ended. */
  | {
      readonly kind: 'input-changed';
      readonly change: ChangedInput;
      /** What the stage did without declaring it, as far as anybody looked. */
      readonly undeclared: readonly Access[];
      /** Nodes that ran at the same time and read the input too. */
      readonly readers: readonly NodeId[];
    }
  /** What it read cannot be its inputs, as the text says. */
  | { readonly kind: 'not-found-out'; readonly text: string }
  /** What it did without declaring it, where that does not count as a result. */
  | { readonly kind: 'undeclared'; readonly accesses: readonly Access[] }
  /** What it wrote cannot be kept. */
  | { readonly kind: 'not-collected'; readonly fault: CollectFault }
  | RestoreFailure
  /** Something was thrown while it was dealt with, foreseen or a bug of ours. */
  | { readonly kind: 'thrown'; readonly error: unknown };

/** Why an output could not be restored. Paths are from the workspace. */
export type RestoreFailure =
  /** An object was missing or damaged. */
  | { readonly kind: 'not-in-cache'; readonly path: string; readonly fault: RestoreFault }
  /** The workspace does not let it be put there. */
  | { readonly kind: 'not-placed'; readonly path: string; readonly error: Error }
  /** A stage of another process, with other settings, reads what stands there. */
  | { readonly kind: 'read-elsewhere'; readonly path: string; readonly reader: PathReader };

/** An input that is not what it was. */
export interface ChangedInput {
  /** From the workspace. */
  readonly path: string;
  /** The path, with what of a folder changed as far as that is known: `data (data/a.txt changed)`. */
  readonly text: string;
  /** Of a folder of the workspace's or elsewhere, the line that leaves out the first of it. */
  readonly remedy: string | null;
}

/** An attempt without a result, because something went wrong. */
export interface FailedAttempt {
  readonly kind: 'failed';
  readonly failure: Failure;
  /** Whether the same attempt again could end otherwise: its stage failed, not what it stands on. */
  readonly retryable: boolean;
  /** Present where that other attempt is none of the stage's retries. */
  readonly isExcused?: boolean;
  /** The folder with what it wrote to its outputs, from the workspace; absent where that is gone. */
  readonly kept?: string;
}

/**
 * How an attempt ended: with a published result, and the look at the node to which it belongs; without one because something went wrong; because
 * another process has taken the work over; or as far as its run can tell, because the next run has it.
 */
export type AttemptEnd =
  | { readonly kind: 'published'; readonly result: ResultRecord; readonly work: Inspection }
  | FailedAttempt
  | { readonly kind: 'superseded' }
  | { readonly kind: 'detached' };

/** An attempt that is on its way. */
export interface RunningAttempt<End = AttemptEnd> {
  /** Never rejected: whatever is thrown on the way is a failed attempt. */
  readonly result: Promise<End>;
  /** Its process is gone; what is left to do waits for the disk and needs no CPU. */
  readonly ended: Promise<void>;
  readonly stop: () => void;
}
