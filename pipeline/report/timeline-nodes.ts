/** What is told of the attempts of a timeline: in the tip of a bar, and as a table of the longest. */

import type { NodeStatus } from '../contract/command.ts';
import type { Timeline, TimelineBar } from '../progress/timeline.ts';
import { formatMemory, formatTime } from './format-value.ts';
import { type Html, html } from './html.ts';
import { isMade } from './tabulate-stage.ts';

/** What tells more of a node; null where nothing does. */
export type AddressOf = (node: string) => string | null;

const LONGEST = 12;

/** `12.3 s, 20.1 s of CPU time (1.6 CPUs), 310 MB at most`. */
export function tellAttempt({ startedAt, endedAt, end, cpuSeconds, memory }: TimelineBar): string {
  const seconds = (endedAt - startedAt) / 1000;
  const cpus =
    cpuSeconds === null || seconds < 1 ? '' : ` (${(cpuSeconds / seconds).toFixed(1)} CPUs)`;
  return [
    ...(end === 'executed' ? [] : [end]),
    formatTime(seconds),
    ...(cpuSeconds === null ? [] : [`${formatTime(cpuSeconds)} of CPU time${cpus}`]),
    ...(memory === null ? [] : [`${formatMemory(memory)} at most`]),
  ].join(', ');
}

/** How long a run took, and all results of some nodes together, whenever they were made; null where nothing has run. */
export function tellTimes(
  timeline: Timeline | null,
  nodes: readonly NodeStatus[],
): { readonly run: string; readonly results: string } | null {
  if (timeline === null) return null;
  const made = nodes.filter(isMade);
  const seconds = made.flatMap((node) => node.seconds ?? []);
  const cpu = made.flatMap((node) => node.cpuSeconds ?? []);
  const used = timeline.bars.flatMap((bar) => bar.cpuSeconds ?? []);
  const word = (values: readonly number[], of: number) => {
    const some = values.length === of ? '' : ` (not measured of ${of - values.length} of ${of})`;
    return values.length === 0 ? '' : `; ${formatTime(sum(values))} of CPU time${some}`;
  };
  const run = formatTime((timeline.endedAt - timeline.startedAt) / 1000);
  return {
    run: `${run}${word(used, timeline.bars.length)}`,
    results: `${formatTime(sum(seconds))} of stages, one after the other${word(cpu, seconds.length)}`,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, one) => total + one, 0);
}

/** The attempts that took longest, with links to what tells more of their nodes. */
export function renderLongest(bars: readonly TimelineBar[], addressOf: AddressOf): Html {
  const length = ({ startedAt, endedAt }: TimelineBar) => endedAt - startedAt;
  const longest = [...bars].sort((a, b) => length(b) - length(a)).slice(0, LONGEST);
  const title =
    bars.length > LONGEST ? `The ${LONGEST} that took longest` : 'All of them, the longest first';
  const cell = (value: number | null, text: (value: number) => string) =>
    html`<td class="number" data-value="${value}">${value === null ? '–' : text(value)}</td>`;
  return html`<details>
<summary>${title}</summary>
<div class="scroll" role="region" aria-label="${title}" tabindex="0">
<table class="nodes sortable">
<thead><tr><th scope="col"><button type="button">node</button></th>${[
    'time',
    'CPU time',
    'CPUs',
    'memory',
  ].map(
    (name) => html`<th scope="col" data-number><button type="button">${name}</button></th>`,
  )}</tr></thead>
<tbody>
${longest.map((bar) => {
  const seconds = length(bar) / 1000;
  const { node, end, cpuSeconds, memory } = bar;
  const address = addressOf(node);
  const name = address === null ? html`${node}` : html`<a href="${address}">${node}</a>`;
  const cpus = cpuSeconds === null || seconds < 1 ? null : cpuSeconds / seconds;
  return html`<tr><th scope="row">${name}${end === 'executed' ? null : ` (${end})`}</th>${cell(seconds, formatTime)}${cell(cpuSeconds, formatTime)}${cell(cpus, (value) => value.toFixed(1))}${cell(memory, formatMemory)}</tr>
`;
})}</tbody>
</table>
</div>
</details>
`;
}
