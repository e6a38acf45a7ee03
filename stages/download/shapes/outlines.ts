/**
 * The outlines of the ten classes, as signed distances in a frame where the shape fills about the
 * unit disc: negative inside, positive outside, about 1 a unit of length near the outline.
 * y points down. Triangle, star and heart follow Inigo Quilez, https://iquilezles.org/articles/distfunctions2d/
 */

/** Signed distance of the point (x, y) from an outline. */
export type Outline = (x: number, y: number) => number;

export const disc: Outline = (x, y) => Math.hypot(x, y) - 0.85;

export const ring: Outline = (x, y) => Math.abs(Math.hypot(x, y) - 0.68) - 0.24;

export const square: Outline = (x, y) => distanceToBox(x, y, 0.74, 0.74);

export const cross: Outline = (x, y) =>
  Math.min(distanceToBox(x, y, 0.9, 0.3), distanceToBox(x, y, 0.3, 0.9));

/** Equilateral, pointing up. */
export const triangle: Outline = (x, y) => {
  const side = 0.88;
  const slope = Math.sqrt(3);
  let px = Math.abs(x) - side;
  let py = -(y - 0.2) + side / slope;
  if (px + slope * py > 0) {
    const folded = px;
    px = (folded - slope * py) / 2;
    py = (-slope * folded - py) / 2;
  }
  px -= Math.max(-2 * side, Math.min(0, px));
  return -Math.hypot(px, py) * Math.sign(py);
};

/** Five points. */
export const star: Outline = (x, y) => {
  const outer = 1;
  const inner = 0.44;
  const sector = Math.PI / 5;
  const angle = Math.atan2(x, -y);
  const folded = Math.abs(angle - 2 * sector * Math.round(angle / (2 * sector)));
  const radius = Math.hypot(x, y);
  const px = radius * Math.cos(folded);
  const py = radius * Math.sin(folded);
  const edgeX = inner * Math.cos(sector) - outer;
  const edgeY = inner * Math.sin(sector);
  return ((px - outer) * -edgeY + py * edgeX) / -Math.hypot(edgeX, edgeY);
};

export const crescent: Outline = (x, y) =>
  Math.max(Math.hypot(x + 0.05, y) - 0.9, 0.72 - Math.hypot(x - 0.42, y));

export const heart: Outline = (x, y) => {
  const px = Math.abs(x) / 1.6;
  const py = (0.9 - y) / 1.6;
  if (px + py > 1) return (Math.hypot(px - 0.25, py - 0.75) - Math.SQRT2 / 4) * 1.6;
  const tip = Math.hypot(px, py - 1);
  const diagonal = Math.max(px + py, 0) / 2;
  return Math.min(tip, Math.hypot(px - diagonal, py - diagonal)) * Math.sign(px - py) * 1.6;
};

/** Six petals. */
export const flower: Outline = (x, y) =>
  (Math.hypot(x, y) - 0.68 - 0.26 * Math.cos(6 * Math.atan2(y, x))) * 0.7;

/** Pointing up. */
export const arrow: Outline = (x, y) => {
  const slope = 0.85;
  const sides = (Math.abs(x) - slope * (y + 0.95)) / Math.hypot(1, slope);
  return Math.min(Math.max(sides, y - 0.05), distanceToBox(x, y - 0.45, 0.27, 0.5));
};

function distanceToBox(x: number, y: number, halfWidth: number, halfHeight: number): number {
  const outsideX = Math.abs(x) - halfWidth;
  const outsideY = Math.abs(y) - halfHeight;
  return (
    Math.hypot(Math.max(outsideX, 0), Math.max(outsideY, 0)) +
    Math.min(Math.max(outsideX, outsideY), 0)
  );
}
