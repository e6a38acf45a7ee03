/** CPUs and memory along a timeline, as areas in steps. */

import type { LoadPoint, Timeline } from '../progress/timeline.ts';
import { formatMemory } from './format-value.ts';
import { type Html, html } from './html.ts';

/** No more steps than a wide window shows. */
const MOST_STEPS = 400;
/** The area's own coordinates, which are stretched over the lanes. */
const WIDTH = 1000;
const HEIGHT = 100;

/** The two areas; nothing where nothing told what stages use. */
export function renderLoads(timeline: Timeline, milliseconds: number): Html {
  const { loads, startedAt, cpus } = timeline;
  if (loads.length < 2) return html``;
  const steps = joinLoads(timeline, milliseconds / MOST_STEPS);
  const peak = Math.max(...steps.map((step) => step.cpus));
  const most = Math.max(...loads.map(({ memory }) => memory));
  const mean = meanCpus(loads, startedAt);
  const draw = (read: (step: LoadPoint) => number, top: number) =>
    drawSteps(steps, startedAt, milliseconds, (step) => read(step) / top);
  return html`${renderArea(
    'CPUs in use',
    `${peak.toFixed(1)} at most, ${mean.toFixed(1)} on average${cpus === null ? '' : `, of ${cpus}`}`,
    draw((step) => step.cpus, Math.max(peak, cpus ?? 0, 0.1)),
  )}${renderArea(
    'Memory of the stages',
    `${formatMemory(most)} at most`,
    draw((step) => step.memory, Math.max(most, 1)),
  )}`;
}

function renderArea(name: string, told: string, path: string): Html {
  return html`<p class="load"><span>${name}</span> <strong>${told}</strong></p>
<svg class="load" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${name}: ${told}"><title>${name}: ${told}</title><path d="${path}"/></svg>
`;
}

function meanCpus(loads: readonly LoadPoint[], startedAt: number): number {
  let from = startedAt;
  let sum = 0;
  for (const { time, cpus } of loads) {
    sum += cpus * (time - from);
    from = time;
  }
  return from === startedAt ? 0 : sum / (from - startedAt);
}

/** Points at least so far apart: the mean of the CPUs and the most of the memory of those between. */
function joinLoads({ loads, startedAt }: Timeline, least: number): LoadPoint[] {
  const joined: LoadPoint[] = [];
  let from: number | null = null;
  let sum = 0;
  let time = 0;
  let memory = 0;
  let before = startedAt;
  for (const load of loads) {
    from ??= before;
    const length = Math.max(1, load.time - before);
    sum += load.cpus * length;
    time += length;
    memory = Math.max(memory, load.memory);
    before = load.time;
    if (load.time - from < least) continue;
    joined.push({ time: load.time, cpus: sum / time, memory });
    from = null;
    [sum, time, memory] = [0, 0, 0];
  }
  if (from !== null) joined.push({ time: before, cpus: sum / time, memory });
  return joined;
}

/** @param heightOf 0 to 1 */
function drawSteps(
  steps: readonly LoadPoint[],
  startedAt: number,
  milliseconds: number,
  heightOf: (step: LoadPoint) => number,
): string {
  const round = (value: number) => Number(value.toFixed(1));
  const lines = steps.map((step) => {
    const y = round(HEIGHT * (1 - Math.min(1, heightOf(step))));
    return `V${y}H${round((WIDTH * (step.time - startedAt)) / milliseconds)}`;
  });
  return `M0 ${HEIGHT}${lines.join('')}V${HEIGHT}Z`;
}
