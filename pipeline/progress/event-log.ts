/** `events.jsonl` of a run: its events on disk. */

import type { Reporter, RunEvent } from './events.ts';
import { formatEvent } from './json.ts';
import { LineLog, type LineLogOptions } from './line-log.ts';
import { readBar } from './measured.ts';

/** How far a node is is logged so often at most, and where it has come so much further. */
const fractionMilliseconds = 1000;
const fractionStep = 0.01;

/**
 * The log of a run on disk, `events.jsonl`: every event as `--json` prints it except the stages' `line`,
 * `progress` but for bars that measure something (see {@link readBar}), and most of `fraction`: a hundred a
 * node at most. A failure, an interruption and the end are written at once, so that the log tells why a
 * run died.
 */
export function openEventLog(options: LineLogOptions): Reporter {
  const log = new LineLog(options);
  const isFrequent = watchFrequency();
  return {
    report(event) {
      if (log.isLost || isFrequent(event)) return;
      log.add(formatEvent(event));
      if (isDecisive(event)) log.flush();
    },
    close: () => log.close(),
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
