/** `--json`: events as lines for programs. */

import type { Reporter, RunEvent } from './events.ts';
import { type OutputStream, openGatheredOutput } from './output.ts';

/**
 * One event as a line of JSON: an object with `type` first, then `time` (milliseconds since the
 * epoch) and the event's own members. The types and members are those of {@link RunEvent}:
 *
 * - `run-started`: runFolder, targets, profile, notice, nodes, jobs, settings (`key=value` of `--set`),
 *   as (the name of an exploration), offline, trackers (each as `--tracker` has it), owner (host and number of
 *   the process)
 * - `node-explained`: node, text; before its start, with `--explain`
 * - `node-started`: node, log, expectedSeconds (by earlier runs, or null)
 * - `work-left`: nodes that have not started, the seconds they are expected to take one after the
 *   other, longestSeconds of those that need one another, and how many are unknown and not in these
 * - `load`: cpus (used by the stages that run, on average since the last such event) and memory (their most, in
 *   bytes), now and then, where the system tells
 * - `transfer`: direction (`pull` or `push`), done and of (objects), bytes and ofBytes, isLast: how far
 *   transfers from or to the remote cache have come
 * - `node-waiting`: node, host, pid: another process runs it; its result is waited for. With `path`: a
 *   stage of that process, with other settings, reads what is there, where the node needs something else
 * - `node-event`: node, event: what the stage reported, an object whose own `type` is `message`
 *   (text, level), `progress` (label, unit, done, total, fields), `fraction` (value), `metrics` (step,
 *   values), `line` (text, what it printed last) or `summary` (values)
 * - `node-finished`: node, outcome (`executed` or `cached`), restored, seconds, summary, and of an
 *   executed one its fingerprint, cpuSeconds and memory (the most bytes it was seen to have, or null)
 * - `node-failed`: node, message, log, logTail, kept, seconds
 * - `node-rechecked`: node, differing (names of outputs), seconds
 * - `node-retrying`: node, attempt, attempts, waitSeconds, message, log
 * - `node-skipped`: node, because; stopped (seconds, goesOn: whether the next attempt goes on from what
 *   is in its scratch folder) where it ran and was stopped
 * - `warning`: node, text; undeclared (objects with `kind`: `read`, `list`, `look` or `write`, and
 *   `path`) where it is about what a stage does without declaring it
 * - `watch`: state, `woken` (changed, affected) or `waiting`
 * - `mistakes`: diagnostics, text
 * - `run-interrupted`: signal
 * - `run-finished`, the last one of a run: executed, cached, failed, skipped, seconds, cpuSeconds, used
 *   (names the file of `.pipeline/cache/used` that lists the results behind it)
 *
 * With `--pilot` the events of the pilot come first, from its `run-started` to its `run-finished`.
 * Members may be added in later versions; unknown ones and unknown types are to be ignored.
 */
export function formatEvent(event: RunEvent): string {
  const { type, time, ...members } = event;
  return `${JSON.stringify({ type, time, ...members })}\n`;
}

/** The reporter of `--json`: every event, progress included, as {@link formatEvent} writes it. */
export function openJsonReporter(stream: OutputStream): Reporter {
  const { write, flush } = openGatheredOutput(stream);
  return { report: (event) => write(formatEvent(event)), close: flush };
}
