/** Finds what hides what in a panel, so that it can be drawn to be seen. */

/** A curve of a panel: heights by x, in the order in which x rises. */
export type PanelCurve = ReadonlyMap<number, number>;

/** Curves nearer than this share of the panel's height look like one. */
const NEAR = 0.02;
/** Curves that both lie lower than this share of the height have ended, and say nothing more. */
const ENDED = 0.05;
/** Curves that are near in so large a share of what they say are taken for one. */
const MOSTLY = 0.75;

/**
 * For each curve of a panel, in the order in which they are drawn, how many of those before it lie under
 * it: 0 for one that hides none.
 *
 * @param top height of the panel, in the units of the curves
 */
export function countHidden(curves: readonly PanelCurve[], top: number): readonly number[] {
  const counts: number[] = [];
  for (const [index, curve] of curves.entries()) {
    const hidden = counts.filter((_, i) => coincide(curves[i] ?? new Map(), curve, top));
    counts.push(index === 0 ? 0 : Math.max(-1, ...hidden) + 1);
  }
  return counts;
}

function coincide(one: PanelCurve, other: PanelCurve, top: number): boolean {
  let [near, all] = [0, 0];
  for (const [x, a] of one) {
    const b = other.get(x);
    if (b === undefined || Math.max(a, b) < ENDED * top) continue;
    all += 1;
    if (Math.abs(a - b) < NEAR * top) near += 1;
  }
  return all > 0 && near >= MOSTLY * all;
}

/** A place in a panel. */
interface Place {
  readonly x: number;
  readonly y: number;
}

/** A dot, and what it is of: dots of one kind need not be told apart. */
interface Dot extends Place {
  readonly kind: string;
}

/** Dots nearer than these shares of the panel's width and height hide each other. */
const DOT_REACH = { x: 0.012, y: 0.02 };

/**
 * For each dot of a panel, in the order in which they are drawn, of how many other kinds dots after it
 * lie on it. Drawn so much larger it shows around them.
 *
 * @param extent width and height of the panel, in the units of the dots
 */
export function countCovering(dots: readonly Dot[], extent: Place): readonly number[] {
  return dots.map(({ x, y, kind }, i) => {
    const near = dots
      .slice(i + 1)
      .filter(
        (other) =>
          Math.abs(other.x - x) < DOT_REACH.x * extent.x &&
          Math.abs(other.y - y) < DOT_REACH.y * extent.y,
      );
    return new Set(near.map((other) => other.kind).filter((one) => one !== kind)).size;
  });
}
