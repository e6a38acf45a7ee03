/** `metrics.jsonl` of a run: what its stages measured, a row a step. */

import { type Clock, systemClock } from './clock.ts';
import type { EventLogOptions } from './event-log.ts';
import type { Reporter } from './events.ts';
import { readBar, readMeasured } from './measured.ts';

/** A crash of the process loses at most the rows of this many milliseconds. */
const FLUSH_MS = 200;

/**
 * The log of what is measured in a run: rows with `time` (milliseconds since the epoch), `node`, `step`, `epoch`
 * (each null where it is not known) and `values` (name → number), of `metrics` events and of full bars of
 * epochs. The file is there from the first row on.
 */
export function openMetricsLog({
  append,
  complain,
  clock = systemClock,
}: EventLogOptions & { readonly clock?: Clock }): Reporter {
  let lines = '';
  let isLost = false;
  let stopTicking: (() => void) | null = null;

  function flush(): void {
    if (lines === '' || isLost) return;
    const text = lines;
    lines = '';
    try {
      append(text);
    } catch (error) {
      isLost = true;
      complain?.(error);
    }
  }

  return {
    report(event) {
      if (event.type !== 'node-event' || isLost) return;
      const { time, node, event: told } = event;
      const measured =
        told.type === 'metrics'
          ? readMeasured(told)
          : told.type === 'progress'
            ? readBar(told)
            : null;
      if (measured === null) return;
      lines += `${JSON.stringify({ time, node, ...measured })}\n`;
      stopTicking ??= clock.every(FLUSH_MS, flush);
    },
    close() {
      stopTicking?.();
      flush();
    },
  };
}
