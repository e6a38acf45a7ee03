/** The text of one progress bar, as tqdm writes it. */

import { textWidth, truncate } from './text.ts';
import { formatInterval, formatScaled } from './units.ts';

/** What a bar shows. */
export interface BarContent {
  /** Goes in front, followed by a colon; may be empty. */
  readonly label: string;
  /** Follows the rate (`batch`); under `B` amounts are scaled: 76.4M/170M. */
  readonly unit: string;
  readonly done: number;
  /** Null where unknown. */
  readonly total: number | null;
  readonly elapsedSeconds: number;
  /** Units a second; null means `done` over `elapsedSeconds`. */
  readonly rate: number | null;
  /** Follow the rate as `name=value`. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Cells of a bar where no width is asked for, as in tqdm. */
const defaultCells = 10;
/** In a narrow terminal details go before the bar itself gets shorter than this. */
const fewestCells = 4;
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/**
 * A progress bar as tqdm's `format_meter` writes it (github.com/tqdm/tqdm, `std.py`):
 * `012: 100%|██████████| 375/375 [00:01<00:00, 240.10batch/s, acc=56.2]`, without a bar and
 * percentage where the total is unknown. With a `width` the line fills it, as with tqdm's `ncols`;
 * where tqdm would squeeze the bar and cut off the fields, the rate goes first, then the times.
 */
export function formatBar(content: BarContent, width: number | null = null): string {
  const { left, bodies, fraction } = describe(content);
  if (fraction === null) {
    const lines = bodies.map((body) => left + body);
    if (width === null) return lines[0] ?? '';
    return truncate(lines.find((line) => textWidth(line) <= width) ?? lines.at(-1) ?? '', width);
  }
  const front = `${left}${String(Math.floor(fraction * 100 + 0.5)).padStart(3)}%|`;
  if (width === null) return `${front}${formatCells(fraction, defaultCells)}${bodies[0] ?? ''}`;
  for (const body of [...bodies, '|']) {
    const cells = width - textWidth(front) - textWidth(body);
    if (cells >= fewestCells) return `${front}${formatCells(fraction, cells)}${body}`;
  }
  return truncate(front.slice(0, -1), width);
}

/** The part of a bar between its two strokes: `fraction` of `cells`, to an eighth of a cell. */
function formatCells(fraction: number, cells: number): string {
  const steps = Math.trunc(Math.min(1, Math.max(0, fraction)) * cells * 8);
  const bar = '█'.repeat(Math.floor(steps / 8)) + (eighths[steps % 8] ?? '');
  return bar + ' '.repeat(Math.max(0, cells - [...bar].length));
}

interface Description {
  readonly left: string;
  /** What follows the bar, most detailed first. */
  readonly bodies: readonly string[];
  /** Null where there is no total to compare with. */
  readonly fraction: number | null;
}

function describe(content: BarContent): Description {
  const { done, elapsedSeconds } = content;
  // Like tqdm: a total that was passed is as good as none.
  const total = content.total !== null && done < content.total + 0.5 ? content.total : null;
  const rate = content.rate ?? (elapsedSeconds > 0 ? done / elapsedSeconds : 0);
  const known = rate > 0 && Number.isFinite(rate);
  const scaled = content.unit === 'B';
  const amount = (value: number) => (scaled ? formatScaled(value) : String(value));
  const speed = formatRate(known ? rate : null, content.unit, scaled);
  const fields = Object.entries(content.fields).map(([name, value]) => `${name}=${value.trim()}`);
  const left = content.label === '' ? '' : `${content.label}: `;
  const elapsed = formatInterval(elapsedSeconds);
  if (total === null || total === 0) {
    const count = amount(done) + content.unit;
    const bodies = [[elapsed, speed, ...fields], [elapsed, ...fields], [elapsed]];
    return {
      left,
      bodies: [...bodies.map((parts) => `${count}${inBrackets(parts)}`), count],
      fraction: null,
    };
  }
  const times = `${elapsed}<${known ? formatInterval((total - done) / rate) : '?'}`;
  const bodies = [[times, speed, ...fields], [times, ...fields], fields, []].map(
    (parts) => `| ${amount(done)}/${amount(total)}${inBrackets(parts)}`,
  );
  return { left, bodies, fraction: done / total };
}

function inBrackets(parts: readonly string[]): string {
  return parts.length === 0 ? '' : ` [${parts.join(', ')}]`;
}

/** `240.10batch/s`, below one a second `1.25s/batch`, `?batch/s` where unknown. */
function formatRate(rate: number | null, unit: string, scaled: boolean): string {
  const number = (value: number) => (scaled ? formatScaled(value) : value.toFixed(2).padStart(5));
  if (rate === null) return `?${unit}/s`;
  return rate < 1 ? `${number(1 / rate)}s/${unit}` : `${number(rate)}${unit}/s`;
}
