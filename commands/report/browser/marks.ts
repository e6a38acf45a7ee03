/** The marks of a chart and the runs behind them: which they are, and how those of some runs stand out. */

import type { SpecPart } from './spec-parts.ts';
import type { SceneItem } from './vega-view.ts';

/** The fields of a row that name the runs behind it: one, or the several that it is a mean of. */
const FIELDS = ['experiment', 'run', 'runs'] as const;
/** What draws a mark. */
const MARKS = '.role-mark > :not(g)';
/** Pixels within which a mark is pointed at. */
const REACH = 6;
/** Marks that are one shape for all their rows. */
const JOINED = new Set(['line', 'area', 'trail']);

/** The runs behind a row of a figure's data. */
export function runsOf(row: SpecPart | undefined): readonly string[] {
  return FIELDS.flatMap((field) => row?.[field] ?? []).filter((run) => typeof run === 'string');
}

/**
 * The item of a run that is pointed at: the one that Vega says is hit, where it stands for itself, else the nearest
 * one within reach. Of a line that is an item at which it bends.
 *
 * @param hit null for none
 */
export function findPointed(
  chart: HTMLElement,
  { clientX, clientY }: MouseEvent,
  hit: SceneItem | null,
): SceneItem | null {
  if (hit?.mark !== undefined && !JOINED.has(hit.mark.marktype) && runsOf(hit.datum).length > 0) {
    return hit;
  }
  let best: SceneItem | null = null;
  let least = REACH;
  for (const element of chart.querySelectorAll<SVGElement>(MARKS)) {
    const items = itemsOf(element);
    const ground = element.parentElement as Element | null;
    if (items.length === 0 || !(ground instanceof SVGGraphicsElement)) continue;
    const matrix = ground.getScreenCTM()?.inverse();
    if (matrix === undefined) continue;
    const point = new DOMPoint(clientX, clientY).matrixTransform(matrix);
    for (const [i, item] of items.entries()) {
      const distance = measureDistance(point, items[i - 1] ?? item, item);
      if (!(distance <= least) || runsOf(item.datum).length === 0) continue;
      least = distance;
      const before = items[i - 1];
      best =
        before !== undefined && Math.abs(before.x - point.x) < Math.abs(item.x - point.x)
          ? before
          : item;
    }
  }
  return best;
}

/** From a point to the straight line between two others, or to the nearer of these. */
function measureDistance(
  { x, y }: { readonly x: number; readonly y: number },
  from: SceneItem,
  to: SceneItem,
): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((x - from.x) * dx + (y - from.y) * dy) / length;
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(x - from.x - share * dx, y - from.y - share * dy);
}

/**
 * Makes the marks of some runs stand out in a chart that has any.
 *
 * @param lit null for none
 */
export function lightMarks(chart: HTMLElement, lit: ReadonlySet<string> | null): void {
  const marks = [...chart.querySelectorAll<SVGElement>(MARKS)].flatMap((element) => {
    const runs = runsBehind(element);
    return runs.length === 0 ? [] : [{ element, isLit: runs.some((run) => lit?.has(run)) }];
  });
  const isAny = marks.some(({ isLit }) => isLit);
  for (const { element, isLit } of marks) {
    element.classList.toggle('lit', isLit);
    element.classList.toggle('dim', isAny && !isLit);
  }
}

/** The runs of the mark that an element draws. */
function runsBehind(element: SVGElement): readonly string[] {
  return itemsOf(element).flatMap(({ datum }) => runsOf(datum));
}

/** The items that an element draws, as Vega keeps them there: one, or all of a line. */
function itemsOf(element: SVGElement): readonly SceneItem[] {
  const item = (element as { readonly __data__?: SceneItem }).__data__;
  if (item?.mark === undefined) return [];
  return JOINED.has(item.mark.marktype) ? (item.mark.items ?? []) : [item];
}
