/** The timeline of a run as a section of a report: lanes of bars, CPUs and memory below them. */

import type { NodeStatus, ReportSection } from '../contract/command.ts';
import { stageOf } from '../graph/node-name.ts';
import type { Timeline, TimelineBar } from '../progress/timeline.ts';
import { countOf } from '../progress/units.ts';
import { labelTime, listTimeTicks } from './axis-ticks.ts';
import { formatTime, tellValue, wordMoment } from './format-value.ts';
import { type Html, html } from './html.ts';
import { type PlacedBar, placeBars } from './place-bars.ts';
import { isMade } from './tabulate-stage.ts';
import { renderLoads } from './timeline-loads.ts';
import { type AddressOf, renderLongest, tellAttempt } from './timeline-nodes.ts';

/** Stages have colours of their own, those that took longest; `report.css` has as many. */
const COLORS = 7;
const MOST_TICKS = 8;
/** A joined bar names so many stages. */
const NAMED_STAGES = 4;
/** Milliseconds; a run of no length is drawn all the same. */
const SHORTEST = 100;

/** Draws the timeline of the run that made the latest results of some nodes. */
export function renderTimeline(
  timeline: Timeline,
  nodes: readonly NodeStatus[],
  addressOf: AddressOf,
): ReportSection {
  const { bars, startedAt, endedAt } = timeline;
  const milliseconds = Math.max(SHORTEST, endedAt - startedAt);
  const stages = rankStages(bars);
  const lanes = placeBars(bars, milliseconds, timeline.cpus);
  const place = (time: number) => formatShare((time - startedAt) / milliseconds);
  const ticks = listTimeTicks(milliseconds / 1000, MOST_TICKS);
  const body = html`${renderSummary(timeline, nodes)}
${renderLegend(stages)}
<div class="timeline">
<div class="lanes" role="group" aria-label="${countAttempts(bars.length)} in ${countOf(lanes.length, 'lane')}, from left to right in time"${lanes.length > 12 ? html` data-many` : null}>
${lanes.map(
  (
    lane,
  ) => html`<div class="lane">${lane.map((bar) => renderBar(bar, timeline, stages, place, addressOf))}</div>
`,
)}</div>
${renderLoads(timeline, milliseconds)}<div class="ticks" aria-hidden="true">${ticks.map(
    (seconds) =>
      html`<span style="left:${formatShare((1000 * seconds) / milliseconds)}">${labelTime(seconds)}</span>`,
  )}</div>
</div>
${renderLongest(bars, addressOf)}`;
  return { id: 'timeline', title: 'Timeline', html: body.text };
}

/** A stage's name, the time of all its attempts, and how many these are. */
interface StageTime {
  readonly name: string;
  readonly seconds: number;
  readonly attempts: number;
  /** From 1; 0 where it shares one with others. */
  readonly color: number;
}

/** By name, those that took longest first. */
function rankStages(bars: readonly TimelineBar[]): ReadonlyMap<string, StageTime> {
  const times = new Map<string, { seconds: number; attempts: number }>();
  for (const { node, startedAt, endedAt } of bars) {
    const time = times.get(stageOf(node)) ?? { seconds: 0, attempts: 0 };
    times.set(stageOf(node), time);
    time.seconds += (endedAt - startedAt) / 1000;
    time.attempts += 1;
  }
  const ranked = [...times].sort(([, a], [, b]) => b.seconds - a.seconds);
  return new Map(
    ranked.map(([name, time], i) => [name, { name, ...time, color: i < COLORS ? i + 1 : 0 }]),
  );
}

function renderSummary(
  { run, startedAt, endedAt, cpus, bars }: Timeline,
  nodes: readonly NodeStatus[],
): Html {
  const used = bars.flatMap(({ cpuSeconds }) => cpuSeconds ?? []);
  const total = used.reduce((sum, one) => sum + one, 0);
  const seconds = (endedAt - startedAt) / 1000;
  const about =
    used.length === 0
      ? null
      : html`, ${formatTime(total)} of CPU time${used.length < bars.length ? html` in ${used.length} of them` : null}`;
  const others = new Map<string, number>();
  for (const node of nodes) {
    if (!isMade(node) || node.made?.run === run) continue;
    others.set(node.stage, (others.get(node.stage) ?? 0) + 1);
  }
  const earlier = [...others.values()].reduce((sum, one) => sum + one, 0);
  const named = [...others].map(([stage, count]) => `${stage} ${count}`).join(', ');
  return html`<p>The run that made the latest of these results: <code>${run}</code>, ${wordMoment(new Date(startedAt).toISOString())}, ${formatTime(seconds)}${cpus === null ? null : ` with ${countOf(cpus, 'CPU')}`}. ${countAttempts(bars.length)}${about}.</p>
${earlier === 0 ? null : html`<p class="note">From the cache, made by earlier runs: ${countOf(earlier, 'result')} (${named}).</p>\n`}`;
}

function renderLegend(stages: ReadonlyMap<string, StageTime>): Html {
  const own = [...stages.values()].filter(({ color }) => color > 0);
  const rest = [...stages.values()].filter(({ color }) => color === 0);
  const entry = (color: number, name: string, attempts: number, seconds: number) =>
    html`<li><span class="key s${color}"></span>${name} <span class="soft">${tellValue(attempts)} · ${formatTime(seconds)}</span></li>\n`;
  const sum = (of: (stage: StageTime) => number) => rest.reduce((all, one) => all + of(one), 0);
  return html`<ul class="stages">
${own.map(({ color, name, attempts, seconds }) => entry(color, name, attempts, seconds))}${
  rest.length === 0
    ? null
    : entry(
        0,
        countOf(rest.length, 'other stage'),
        sum((one) => one.attempts),
        sum((one) => one.seconds),
      )
}</ul>`;
}

function renderBar(
  { startedAt, endedAt, attempts }: PlacedBar,
  timeline: Timeline,
  stages: ReadonlyMap<string, StageTime>,
  place: (time: number) => string,
  addressOf: AddressOf,
): Html {
  const [only] = attempts;
  const times = new Map<string, { count: number; time: number }>();
  for (const { node, startedAt: from, endedAt: to } of attempts) {
    const one = times.get(stageOf(node)) ?? { count: 0, time: 0 };
    times.set(stageOf(node), { count: one.count + 1, time: one.time + (to - from) });
  }
  const ordered = [...times].sort(([, a], [, b]) => b.time - a.time);
  const color = stages.get(ordered[0]?.[0] ?? '')?.color ?? 0;
  const since = (time: number) => labelTime(Math.max(0, (time - timeline.startedAt) / 1000));
  const span = `from ${since(startedAt)} to ${since(endedAt)}`;
  const named = ordered.slice(0, NAMED_STAGES).map(([stage, { count }]) => `${stage} ${count}`);
  const more = ordered.length > NAMED_STAGES ? ', …' : '';
  const title =
    attempts.length === 1 && only !== undefined
      ? `${only.node}: ${tellAttempt(only)}; ${span}`
      : `${attempts.length} nodes (${named.join(', ')}${more}); ${span}`;
  const failed = attempts.some(({ end }) => end !== 'executed') ? ' unended' : '';
  const style = `left:${place(startedAt)};width:calc(${place(timeline.startedAt + endedAt - startedAt)} - 1px)`;
  const address = attempts.length === 1 && only !== undefined ? addressOf(only.node) : null;
  const shape = html`class="s${color}${failed}" style="${style}" title="${title}"`;
  // The keyboard goes by the table: hundreds of stops would be in its way.
  return address === null
    ? html`<span ${shape}></span>`
    : html`<a ${shape} href="${address}" tabindex="-1" aria-label="${only?.node ?? ''}"></a>`;
}

/** `1 attempt`, `10,000 attempts`. */
function countAttempts(count: number): string {
  return count === 1 ? '1 attempt' : `${tellValue(count)} attempts`;
}

/** A share of the width, `12.34%`. */
function formatShare(share: number): string {
  return `${Number((100 * Math.max(0, Math.min(1, share))).toFixed(2))}%`;
}
