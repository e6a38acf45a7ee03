/** A task of a job as the watch sees it, and what its run is told of that. */

import type { JobEnd } from '../executor/executor.ts';
import type { ExitFile, JobEntry, StartedFile } from './job-files.ts';
import {
  isOddlyWaiting,
  isQueued,
  isUnderWay,
  type JobState,
  readSlurmsWord,
  wordState,
} from './job-states.ts';

/** A task that is followed. */
export interface WatchedTask {
  readonly entry: JobEntry;
  readonly onState: (text: string) => void;
  /** Told why it waits, where that may never pass; once for all tasks of a job. */
  readonly onOddWait: (reason: string) => void;
  /** Slurm shows nothing of it, which may be since it is another user's: only what it leaves tells of it. Once. */
  readonly onHidden: () => void;
  /** Slurm has put it into the queue again after it had begun; null where it does not say why. */
  readonly onQueuedAgain: (why: JobEnd | null) => void;
  /** It has begun again: what it told before it tells anew. */
  readonly onBegunAgain: () => void;
  /** Looks for events. */
  readonly look: () => void;
  /** @returns whether that is all: an exit file that may still change is not */
  readonly onExit: (exit: ExitFile, state: JobState | null) => boolean;
  readonly onEnd: (end: JobEnd) => void;
}

/** A task with what was seen of it. */
export interface FollowedTask extends WatchedTask {
  /** It runs now. */
  started: boolean;
  /** The run of it that was seen last, and where; null until its stage has begun once. */
  run: StartedFile | null;
  said: string;
  /** Its job and why it waits, as of the last look, where that is odd; else nothing. */
  oddity: string;
  overAt: number | null;
  state: JobState | null;
  unknown: number;
  /** Whether nothing is concluded from Slurm's not knowing it. */
  isHidden: boolean;
}

/** Says what a task does, where that is news. */
export function tellState(task: FollowedTask, text: string): void {
  if (task.said === text) return;
  task.said = text;
  task.onState(text);
}

/**
 * Says what Slurm says of a task that is to run, or runs.
 *
 * @param oddities of jobs, the odd reasons to wait that were told; added to
 * @param readSaid what the task and Slurm wrote to its output
 */
export function tellUnderWay(
  task: FollowedTask,
  state: JobState,
  oddities: Set<string>,
  readSaid: () => string,
): void {
  if (isQueued(state) && task.started) {
    task.started = false;
    task.onQueuedAgain(readSlurmsWord(readSaid(), task.run?.host ?? ''));
  }
  const oddity = isOddlyWaiting(state) ? `${task.entry.batch} ${state.reason}` : '';
  // At the first look, as when Slurm has just been started, it mostly means nothing.
  if (oddity !== '' && task.oddity === oddity && !oddities.has(oddity)) {
    oddities.add(oddity);
    task.onOddWait(state.reason);
  }
  task.oddity = oddity;
  const isRunning = task.started && state.state === 'RUNNING';
  tellState(task, isRunning ? `runs on ${task.run?.host}` : wordState(state));
}

/** Of a task whose end Slurm does not show: what it wrote to its output decides. */
const UNSEEN: JobState = { state: 'FAILED', by: '', reason: '', nodes: '' };

/** What Slurm says of a task that has left an exit file, where it is over; null where that is to be waited for. */
export function readEndState(
  { state, isHidden }: FollowedTask,
  { end }: ExitFile,
): JobState | null {
  if (state !== null) return isUnderWay(state) ? null : state;
  // Of one that was asked to end it stays open whether Slurm has put it into the queue again.
  return isHidden && end.kind === 'ended' ? UNSEEN : null;
}
