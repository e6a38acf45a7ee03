/** The timeline of a past run: from its event log. */

import type { LoadPoint, Timeline, TimelineBar } from '../progress/timeline.ts';
import type { KeptRun } from './account.ts';
import { type LoggedEvent, numberMember, readEventLines, textMember } from './logged-event.ts';
import { readEventLog } from './read-events.ts';

const ENDS: Readonly<Record<string, TimelineBar['end']>> = {
  'node-finished': 'executed',
  'node-failed': 'failed',
  'node-retrying': 'retried',
  'node-skipped': 'stopped',
};

/** Reads the timeline of a run; null where its log does not tell of its start. */
export function readTimeline(run: KeptRun): Timeline | null {
  const events = readEventLines(readEventLog(run.folder));
  const started = events.find(({ type }) => type === 'run-started');
  if (started === undefined) return null;
  const endedAt = events.reduce((latest, { time }) => Math.max(latest, time), started.time);
  return {
    run: run.id,
    startedAt: started.time,
    endedAt,
    cpus: numberMember(started, 'jobs'),
    bars: listBars(events, endedAt),
    loads: events.flatMap((event) => readLoad(event) ?? []),
  };
}

function listBars(events: readonly LoggedEvent[], until: number): TimelineBar[] {
  const bars: TimelineBar[] = [];
  const open = new Map<string, number>();
  const close = (node: string, endedAt: number, end: TimelineBar['end'], event?: LoggedEvent) => {
    const startedAt = open.get(node);
    // Cached, or failed before its start.
    if (startedAt === undefined) return;
    open.delete(node);
    const cpuSeconds = numberMember(event ?? null, 'cpuSeconds');
    const memory = numberMember(event ?? null, 'memory');
    bars.push({ node, startedAt, endedAt, end, cpuSeconds, memory });
  };
  for (const event of events) {
    const node = textMember(event, 'node');
    if (node === null) continue;
    const end = ENDS[event.type];
    if (event.type === 'node-started') open.set(node, event.time);
    else if (end !== undefined) close(node, event.time, end, event);
  }
  for (const node of [...open.keys()]) close(node, until, 'stopped');
  return bars.sort((a, b) => a.startedAt - b.startedAt);
}

function readLoad(event: LoggedEvent): LoadPoint | null {
  if (event.type !== 'load') return null;
  const cpus = numberMember(event, 'cpus');
  const memory = numberMember(event, 'memory');
  return cpus === null || memory === null ? null : { time: event.time, cpus, memory };
}
