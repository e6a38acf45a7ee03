/** The run that made the latest of some results: as its log tells, else as the results themselves do. */

import type { NodeStatus } from '../contract/command.ts';
import { keptRunAt } from '../history/account.ts';
import { readTimeline } from '../history/read-timeline.ts';
import type { Timeline, TimelineBar } from '../progress/timeline.ts';
import type { StateLayout } from '../system/layout.ts';

/** The timeline of the latest run that made anything of what nodes have; null where they have nothing. */
export function findTimeline(layout: StateLayout, nodes: readonly NodeStatus[]): Timeline | null {
  const run = nodes.reduce((latest, { made }) => {
    const one = made?.run ?? '';
    return one > latest ? one : latest;
  }, '');
  if (run === '') return null;
  // Results may come from another machine, or outlive the log.
  const logged = readTimeline(keptRunAt(layout.runRoot, run, false));
  if (logged !== null && logged.bars.length > 0) return logged;
  const bars = nodes.flatMap((node) => (node.made?.run === run ? toBar(node) : []));
  if (bars.length === 0) return null;
  return {
    run,
    startedAt: Math.min(...bars.map(({ startedAt }) => startedAt)),
    endedAt: Math.max(...bars.map(({ endedAt }) => endedAt)),
    cpus: null,
    bars: bars.sort((a, b) => a.startedAt - b.startedAt),
    loads: [],
  };
}

function toBar({ node, made, seconds, cpuSeconds, memory }: NodeStatus): TimelineBar {
  const startedAt = Date.parse(made?.at ?? '');
  const endedAt = startedAt + 1000 * (seconds ?? 0);
  return { node, startedAt, endedAt, end: 'executed', cpuSeconds, memory };
}
