/** The bars of a timeline → lanes in which none overlaps another, with few enough of them for a page. */

import type { TimelineBar } from '../progress/timeline.ts';

/** Attempts that are drawn as one bar: a long one, or short ones that follow each other. */
export interface PlacedBar {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attempts: readonly TimelineBar[];
}

/** So many bars are drawn, as a rule. */
const MOST_BARS = 1200;
/** A lane is at least so finely divided, and no more finely than a wide window shows. */
const FEWEST_PARTS = 20;
const MOST_PARTS = 400;
/** A node that ends tells of it a little after the next one has its resources. */
const OVERLAP_MS = 100;
const OVERLAP_SHARE = 1 / 400;
/** Of itself a bar may give up so much. */
const MOST_GIVEN_UP = 0.25;
/** Bars of a smaller share of the axis share lanes, where others have all CPUs: results wait for the disk together. */
const TINY_SHARE = 1 / 200;

/**
 * Places bars in lanes, each in the first that is free; where many are short, those of a lane that follow each other
 * become one.
 *
 * @param bars in the order of their starts
 * @param milliseconds from the left end of the lanes to the right one
 * @param cpus how many lanes what is short may have; null for as many as it needs
 */
export function placeBars(
  bars: readonly TimelineBar[],
  milliseconds: number,
  cpus: number | null,
): readonly (readonly PlacedBar[])[] {
  const overlap = OVERLAP_MS + OVERLAP_SHARE * milliseconds;
  const lanes = fillLanes(bars, overlap, TINY_SHARE * milliseconds, cpus ?? bars.length);
  const parts = Math.max(FEWEST_PARTS, Math.min(MOST_PARTS, MOST_BARS / lanes.length));
  return lanes.map((lane) => joinShort(lane, milliseconds / parts));
}

function fillLanes(
  bars: readonly TimelineBar[],
  overlap: number,
  tiny: number,
  cpus: number,
): TimelineBar[][] {
  const lanes: { readonly bars: TimelineBar[]; endedAt: number }[] = [];
  for (const bar of bars) {
    const given = Math.min(overlap, MOST_GIVEN_UP * (bar.endedAt - bar.startedAt));
    let lane = lanes.find(({ endedAt }) => endedAt <= bar.startedAt + given);
    if (lane === undefined && lanes.length >= cpus && bar.endedAt - bar.startedAt < tiny) {
      lane = lanes.find(({ endedAt }) => endedAt <= bar.endedAt);
    }
    if (lane === undefined) {
      lane = { bars: [], endedAt: 0 };
      lanes.push(lane);
    }
    const startedAt = Math.max(bar.startedAt, Math.min(lane.endedAt, bar.endedAt));
    lane.bars.push({ ...bar, startedAt });
    lane.endedAt = Math.max(lane.endedAt, bar.endedAt);
  }
  return lanes.map((lane) => lane.bars);
}

function joinShort(lane: readonly TimelineBar[], least: number): PlacedBar[] {
  const placed: { startedAt: number; endedAt: number; attempts: TimelineBar[] }[] = [];
  for (const bar of lane) {
    const last = placed.at(-1);
    if (last !== undefined && bar.endedAt - last.startedAt < least) {
      last.attempts.push(bar);
      last.endedAt = Math.max(last.endedAt, bar.endedAt);
    } else {
      placed.push({ startedAt: bar.startedAt, endedAt: bar.endedAt, attempts: [bar] });
    }
  }
  return placed;
}
