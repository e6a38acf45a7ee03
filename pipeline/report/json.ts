import type { Reporter, RunEvent } from './events.ts';
import { type OutputStream, openOutput } from './output.ts';

/**
 * One event as a line of JSON: an object with `type` first, then `time` (milliseconds since the
 * epoch) and the event's own members. The types and members are those of {@link RunEvent}:
 *
 * - `run-started`: runFolder, targets, profile, notice, nodes, jobs
 * - `node-started`: node, log
 * - `node-event`: node, event: what the stage reported, an object whose own `type` is `message`
 *   (text, level), `progress` (label, unit, done, total, fields), `fraction` (value) or `summary`
 *   (values)
 * - `node-finished`: node, outcome (`executed` or `cached`), restored, seconds, summary
 * - `node-failed`: node, message, log, logTail, seconds
 * - `node-skipped`: node, because (under `watch` not of nodes that the next run takes over)
 * - `warning`: node, text
 * - `watch`: state, `woken` (changed, affected) or `waiting`
 * - `mistakes`: diagnostics, text
 * - `run-interrupted`: signal
 * - `run-finished`, the last one of a run: executed, cached, failed, skipped, seconds
 *
 * Members may be added in later versions; unknown ones and unknown types are to be ignored.
 */
export function formatEvent(event: RunEvent): string {
  const { type, time, ...members } = event;
  return `${JSON.stringify({ type, time, ...members })}\n`;
}

/** The reporter of `--json`: every event, progress included, as {@link formatEvent} writes it. */
export function openJsonReporter(stream: OutputStream): Reporter {
  const write = openOutput(stream);
  return { report: (event) => write(formatEvent(event)), close: () => {} };
}
