/** `metrics.jsonl` of a run: what its stages measured, a row a step. */

import type { Reporter } from './events.ts';
import { LineLog, type LineLogOptions } from './line-log.ts';
import { measure } from './measured.ts';

/**
 * The log of what is measured in a run: rows with `time` (milliseconds since the epoch), `node`, `step`, `epoch`
 * (each null where it is not known) and `values` (name → number), of `metrics` events and of full bars of
 * epochs. The file is there from the first row on.
 */
export function openMetricsLog(options: LineLogOptions): Reporter {
  const log = new LineLog(options);
  return {
    report(event) {
      if (event.type !== 'node-event' || log.isLost) return;
      const { time, node } = event;
      const measured = measure(event.event);
      if (measured !== null) log.add(`${JSON.stringify({ time, node, ...measured })}\n`);
    },
    close: () => log.close(),
  };
}
