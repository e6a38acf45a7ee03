/** `events.jsonl` of a run: its events on disk. */

import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { isErrorCode } from '../system/errors.ts';
import { type Clock, systemClock } from './clock.ts';
import type { Reporter, RunEvent } from './events.ts';
import { formatEvent } from './json.ts';
import { readBar } from './measured.ts';

/** A crash of the process loses at most the events of this many milliseconds. */
const flushMilliseconds = 200;

/** Where an event log goes. */
export interface EventLogOptions {
  /** Adds text at the end of the log; it is called with whole lines only. */
  readonly append: (text: string) => void;
  /** Told once, when the log cannot be written; the log then ends there. */
  readonly complain?: (error: unknown) => void;
  readonly clock?: Clock;
}

/**
 * An `append` for the file at `path`, which is created, with its folder, whenever it is missing.
 *
 * @throws nothing itself; what it returns throws a system error where the disk does not take the
 * text
 */
export function appendToFile(path: string): (text: string) => void {
  return (text) => {
    try {
      appendFileSync(path, text);
    } catch (error) {
      if (!isErrorCode(error, 'ENOENT')) throw error;
      mkdirSync(dirname(path), { recursive: true });
      appendFileSync(path, text);
    }
  };
}

/** How far a node is is logged so often at most, and where it has come so much further. */
const fractionMilliseconds = 1000;
const fractionStep = 0.01;

/**
 * The log of a run on disk, `events.jsonl`: every event as `--json` prints it except the stages' `line`,
 * `progress` but for bars that measure something (see {@link readBar}), and most of `fraction`: a hundred a
 * node at most. Lines are gathered for a moment and appended whole; a failure, an interruption and the end
 * are written at once, so that the log tells why a run died.
 */
export function openEventLog({ append, complain, clock = systemClock }: EventLogOptions): Reporter {
  let lines = '';
  let lost = false;

  function flush(): void {
    if (lines === '' || lost) return;
    const text = lines;
    lines = '';
    try {
      append(text);
    } catch (error) {
      lost = true;
      complain?.(error);
    }
  }

  const isFrequent = watchFrequency();
  const stopTicking = clock.every(flushMilliseconds, flush);
  return {
    report(event) {
      if (lost || isFrequent(event)) return;
      lines += formatEvent(event);
      if (isDecisive(event)) flush();
    },
    close() {
      stopTicking();
      flush();
    },
  };
}

/** Tells which events come too often to be logged. */
function watchFrequency(): (event: RunEvent) => boolean {
  const told = new Map<string, { readonly value: number; readonly time: number }>();
  return (event) => {
    if (event.type === 'transfer') return !event.isLast;
    if (event.type === 'node-started') told.delete(event.node);
    if (event.type !== 'node-event') return false;
    if (event.event.type === 'progress') return readBar(event.event) === null;
    if (event.event.type !== 'fraction') return event.event.type === 'line';
    const { value } = event.event;
    const before = told.get(event.node);
    const isNews =
      before !== undefined &&
      event.time - before.time >= fractionMilliseconds &&
      value - before.value >= fractionStep;
    // What ends within a second is not worth a line.
    if (before === undefined || isNews) told.set(event.node, { value, time: event.time });
    return !isNews;
  };
}

function isDecisive(event: RunEvent): boolean {
  return ['run-started', 'node-failed', 'run-interrupted', 'run-finished'].includes(event.type);
}
