/** A chart of curves on a canvas: what many curves that grow are drawn with in a few milliseconds. */

import { listKeptPoints, type Series } from '../series.ts';
import { make } from './dom.ts';
import { wordNumber } from './live-words.ts';

/** A curve with the looks that tell it from others. */
export interface ChartLine {
  readonly name: string;
  readonly series: Series;
  /** Its place among all, which its colour and dashes go by. */
  readonly index: number;
}

const HUES = 8;
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 2, 2, 2]];
const HEIGHT = 180;
const MARGIN = { left: 52, right: 10, top: 8, bottom: 22 };

interface Extent {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

/** The class that gives a line's key its colour. */
export function hueOf(index: number): string {
  return `s${(index + 1) % HUES}`;
}

/** One panel: a metric of some nodes against their steps. */
export class Chart {
  readonly element: HTMLElement;
  readonly #canvas = make('canvas', { role: 'img' });
  readonly #told = make('p', { class: 'pointed', 'aria-hidden': 'true' });
  #lines: readonly ChartLine[] = [];
  #isLog = false;
  #extent: Extent | null = null;
  #pointedX: number | null = null;

  constructor(title: string) {
    const caption = make('figcaption', {}, title);
    this.element = make('figure', { class: 'curves' }, caption, this.#canvas, this.#told);
    this.#canvas.addEventListener('pointermove', (event) => this.#point(event.offsetX));
    this.#canvas.addEventListener('pointerleave', () => this.#point(null));
  }

  /** Draws lines; must have a place in the page, whose width it takes. */
  draw(lines: readonly ChartLine[], isLog: boolean): void {
    this.#lines = lines;
    this.#isLog = isLog;
    const points = lines.reduce((sum, { series }) => sum + series.count, 0);
    this.element.dataset['points'] = String(points);
    const last = lines
      .slice(0, 5)
      .map(({ name, series }) => `${name} ${wordNumber(series.last[1])}`);
    const more = lines.length > last.length ? ` and ${lines.length - last.length} more` : '';
    this.#canvas.setAttribute('aria-label', `last values: ${last.join(', ')}${more}`);
    this.#paint();
  }

  #point(x: number | null): void {
    this.#pointedX = x;
    this.#paint();
  }

  #paint(): void {
    const width = this.#canvas.clientWidth;
    const context = this.#canvas.getContext('2d');
    if (width === 0 || context === null) return;
    const scale = devicePixelRatio;
    const [w, h] = [Math.round(width * scale), Math.round(HEIGHT * scale)];
    if (this.#canvas.width !== w || this.#canvas.height !== h) {
      Object.assign(this.#canvas, { width: w, height: h });
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, HEIGHT);
    const styles = getComputedStyle(this.#canvas);
    const value = (y: number) => (this.#isLog ? Math.log10(y) : y);
    this.#extent = measure(this.#lines, value);
    const place = placer(this.#extent, width);
    drawAxes(context, this.#extent, place, width, this.#isLog, styles);
    for (const { series, index } of this.#lines) {
      const { xs, ys } = listKeptPoints(series);
      context.strokeStyle = styles.getPropertyValue(`--stage-${(index + 1) % HUES}`);
      context.lineWidth = 1.6;
      context.lineJoin = 'round';
      context.setLineDash([...(DASHES[Math.floor(index / HUES) % DASHES.length] ?? [])]);
      context.beginPath();
      for (let i = 0; i < xs.length; i++) {
        const y = value(ys[i] ?? 0);
        if (Number.isFinite(y)) context.lineTo(place.x(xs[i] ?? 0), place.y(y));
      }
      context.stroke();
      if (xs.length === 1) {
        context.fillStyle = context.strokeStyle;
        context.fillRect(place.x(xs[0] ?? 0) - 2, place.y(value(ys[0] ?? 0)) - 2, 4, 4);
      }
    }
    context.setLineDash([]);
    this.#tellPointed(context, place, styles);
  }

  /** Tells the values at the step that is pointed at, the largest first. */
  #tellPointed(context: CanvasRenderingContext2D, place: Place, styles: CSSStyleDeclaration): void {
    const at = this.#pointedX;
    this.#told.textContent = '';
    if (at === null || this.#extent === null) return;
    const step = place.stepAt(at);
    context.strokeStyle = styles.getPropertyValue('--soft');
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(at, MARGIN.top);
    context.lineTo(at, HEIGHT - MARGIN.bottom);
    context.stroke();
    const values = this.#lines.flatMap(({ name, series }) => {
      const value = valueAt(series, step);
      return value === null ? [] : [{ name, value }];
    });
    const told = values.sort((a, b) => b.value - a.value).slice(0, 4);
    this.#told.textContent = `${wordNumber(Math.round(step))}: ${told.map(({ name, value }) => `${name} ${wordNumber(value)}`).join(', ')}`;
  }
}

interface Place {
  readonly x: (step: number) => number;
  readonly y: (value: number) => number;
  readonly stepAt: (x: number) => number;
}

function placer({ x: [x0, x1], y: [y0, y1] }: Extent, width: number): Place {
  const [w, h] = [width - MARGIN.left - MARGIN.right, HEIGHT - MARGIN.top - MARGIN.bottom];
  return {
    x: (step) => MARGIN.left + ((step - x0) / (x1 - x0)) * w,
    y: (value) => MARGIN.top + (1 - (value - y0) / (y1 - y0)) * h,
    stepAt: (x) => x0 + ((x - MARGIN.left) / w) * (x1 - x0),
  };
}

function measure(lines: readonly ChartLine[], value: (y: number) => number): Extent {
  const [x, y] = [openRange(), openRange()];
  for (const { series } of lines) {
    const { xs, ys } = listKeptPoints(series);
    for (let i = 0; i < xs.length; i++) {
      const one = value(ys[i] ?? 0);
      if (!Number.isFinite(one)) continue;
      widen(x, xs[i] ?? 0);
      widen(y, one);
    }
  }
  const apart = ([low, high]: readonly [number, number]): [number, number] =>
    low > high ? [0, 1] : low === high ? [low - 0.5, high + 0.5] : [low, high];
  return { x: apart(x), y: apart(y) };
}

function openRange(): [number, number] {
  return [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
}

function widen(range: [number, number], value: number): void {
  range[0] = Math.min(range[0], value);
  range[1] = Math.max(range[1], value);
}

function drawAxes(
  context: CanvasRenderingContext2D,
  { x, y }: Extent,
  place: Place,
  width: number,
  isLog: boolean,
  styles: CSSStyleDeclaration,
): void {
  context.font = '11px system-ui, sans-serif';
  context.fillStyle = styles.getPropertyValue('--soft');
  context.strokeStyle = styles.getPropertyValue('--line');
  context.lineWidth = 1;
  context.beginPath();
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const tick of listTicks(y, 5)) {
    context.moveTo(MARGIN.left, place.y(tick));
    context.lineTo(width - MARGIN.right, place.y(tick));
    context.fillText(wordNumber(isLog ? 10 ** tick : tick), MARGIN.left - 6, place.y(tick));
  }
  context.textAlign = 'center';
  context.textBaseline = 'top';
  for (const tick of listTicks(x, Math.max(2, Math.floor(width / 70)))) {
    context.fillText(wordNumber(tick), place.x(tick), HEIGHT - MARGIN.bottom + 6);
  }
  context.stroke();
}

/** Round numbers within a range, about so many. */
function listTicks([low, high]: readonly [number, number], count: number): readonly number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? rough;
  const first = Math.ceil(low / step - 1e-9);
  const ticks = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: Math.max(0, ticks) }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}

/** The value at the last step that is not beyond one; null before the first. */
function valueAt(series: Series, step: number): number | null {
  const { xs, ys } = listKeptPoints(series);
  let value: number | null = null;
  for (let i = 0; i < xs.length && (xs[i] ?? 0) <= step; i++) value = ys[i] ?? null;
  return value;
}
