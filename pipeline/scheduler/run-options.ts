import type { Fingerprint } from '../fingerprint/record.ts';
import type { GraphNode } from '../graph/types.ts';
import type { Inspection } from '../inspect/inspect.ts';
import type { RunEvent } from '../progress/events.ts';
import type { DeviceLedger } from './devices.ts';
import type { RunExplainer } from './node-inspector.ts';
import type { Attempt, RunningAttempt, startNode } from './run-node.ts';
import type { RunSettings } from './run-settings.ts';

/** What a run is told beyond its nodes. */
export interface RunOptions {
  readonly runId: string;
  /** Absolute path of the run's folder. */
  readonly runFolder: string;
  readonly settings: RunSettings;
  /** The GPUs to hand out: as many as the pool has. */
  readonly devices: DeviceLedger;
  /** Aborted by Ctrl-C; a text as its reason is what skipped nodes are told. */
  readonly signal: AbortSignal;
  readonly report: (event: RunEvent) => void;
  /** Called with each result that the run relies on. */
  readonly noteResult: (fingerprint: Fingerprint) => void;
  /** Tells why nodes run; null where nobody asks. */
  readonly explainer: RunExplainer | null;
  /** Where attempts go on from one run to the next. */
  readonly carried?: CarriedAttempts;
}

/** Attempts of the runs before this one: under `watch`, an edit starts a new run amid another. */
export interface CarriedAttempts {
  /** How exactly this work fared before: it runs still, or failed by itself; else null. */
  readonly recall: (inspection: Inspection) => 'running' | 'failed' | null;
  readonly start: typeof startNode;
  /** Joins the attempt at exactly this work, which runs still, and takes over its resources. */
  readonly join: (attempt: JoiningAttempt) => JoinedAttempt;
  /** A node will be tried again: its last attempt does not count. */
  readonly forget: (node: GraphNode) => void;
  /** The ends of attempts that nobody has joined. Until then they hold their resources. */
  readonly ends: () => readonly Promise<void>[];
  /** Stops the attempts that nobody has joined. */
  readonly stopOthers: () => void;
}

/** What an attempt of an earlier run is given by the run that joins it. */
export type JoiningAttempt = Pick<Attempt, 'inspection' | 'logPath' | 'onEvent'>;

/** An attempt of an earlier run with the GPUs that it has. */
export interface JoinedAttempt extends RunningAttempt {
  readonly gpus: readonly string[];
}
