/** Running, under watch: attempts that go on from one run to the next. */

import type { StageEvent } from '../contract/stage.ts';
import type { GraphNode } from '../graph/types.ts';
import type { Inspection } from '../inspect/inspect.ts';
import type { RunningAttempt } from './failure.ts';
import type { Share } from './share.ts';

/** Attempts of the runs before this one: under `watch`, an edit starts a new run amid another. */
export interface CarriedAttempts {
  /** How exactly this work fared before: it runs still, or failed by itself; else null. */
  readonly recall: (inspection: Inspection) => 'running' | 'failed' | null;
  /** @param begin starts the attempt, whose events go to whichever run has it */
  readonly start: (
    attempt: StartedAttempt,
    begin: (onEvent: (event: StageEvent) => void) => RunningAttempt,
  ) => RunningAttempt;
  /** Joins the attempt at exactly this work, which runs still, and takes over its resources. */
  readonly join: (attempt: FollowedAttempt) => JoinedAttempt;
  /** A node will be tried again: its last attempt does not count. */
  readonly forget: (node: GraphNode) => void;
  /** The ends of attempts that nobody has joined. Until then they hold their resources. */
  readonly ends: () => readonly Promise<void>[];
  /** Stops the attempts that nobody has joined. */
  readonly stopOthers: () => void;
}

/** What an attempt is given by the run that follows it. */
export interface FollowedAttempt {
  readonly inspection: Inspection;
  /** Absolute path of the stage's log. */
  readonly logPath: string;
  readonly onEvent: (event: StageEvent) => void;
}

/** An attempt that a run starts, with what it has of the machine. */
export interface StartedAttempt extends FollowedAttempt {
  readonly share: Share;
}

/** An attempt of an earlier run, with what it has of the machine. */
export interface JoinedAttempt extends RunningAttempt {
  readonly share: Share;
}
