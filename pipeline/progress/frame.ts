/** State of a run → the lines at the bottom of the terminal. */

import { formatBar } from './bar.ts';
import { readMeter } from './meter.ts';
import {
  countFinished,
  estimateEnd,
  measureFraction,
  type RunningNode,
  type RunProgress,
} from './run-progress.ts';
import type { Palette } from './style.ts';
import { cleanLine, padTo, textWidth, truncate } from './text.ts';
import { formatInterval } from './units.ts';
import { wordTransfer, wordValue } from './wording.ts';

/** The terminal that a frame must fit, in cells. */
export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}

/** Widest share of a line that the name of a node may take. */
const nameShare = 0.4;
/** Widest share of what is left that the label of a bar may take. */
const labelShare = 1 / 3;

/**
 * The live lines of a run at `now` (milliseconds since the epoch): the run as a whole, then one
 * line a running node, at most `rows - 2` together and none as wide as the terminal, so that
 * nothing wraps.
 */
export function composeFrame(
  state: RunProgress,
  now: number,
  size: FrameSize,
  palette: Palette,
): string[] {
  if (state.phase === 'idle' || state.phase === 'finished') return [];
  const width = Math.max(1, size.columns - 1);
  const room = Math.max(0, size.rows - 3);
  const running = [...state.running];
  const shown = running.length > room ? running.slice(0, Math.max(0, room - 1)) : running;
  const names = chooseNames(
    shown.map(([name]) => cleanLine(name)),
    Math.floor(width * nameShare),
  );
  const lines = [composeHeader(state, now, width, palette)];
  for (const transfer of state.transfers.values())
    lines.push(palette.faint(truncate(wordTransfer(transfer), width)));
  for (const [index, [, node]] of shown.entries()) {
    lines.push(composeNode(names[index] ?? '', node, now, width, palette));
  }
  const hidden = running.length - shown.length;
  if (hidden > 0 && room > 0)
    lines.push(palette.faint(truncate(`… and ${hidden} more running`, width)));
  return lines.slice(0, Math.max(1, size.rows - 2));
}

/** The first wording of the header that fits; counts go before the progress and the title. */
function composeHeader(state: RunProgress, now: number, width: number, palette: Palette): string {
  const finished = `${countFinished(state)}/${state.nodes}`;
  const running = `${state.running.size} running`;
  const cached = state.cached > 0 ? [`${state.cached} cached`] : [];
  const failed = state.failed > 0 ? [palette.bad(`${state.failed} failed`)] : [];
  const end = describeEnd(state, now, palette);
  const target = describeTargets(state.targets);
  const title = `${palette.strong(target)} · ${state.profile}`;
  const bar = (cells: number) => formatOverall(measureFraction(state), cells, palette);
  const join = (parts: readonly string[]) => parts.join(' · ');
  const wordings = [
    `${title}  ${bar(10)} ${join([`${finished} nodes`, running, ...cached, ...failed, ...end])}`,
    `${title}  ${bar(10)} ${join([`${finished} nodes`, running, ...failed, ...end])}`,
    `${title}  ${bar(10)} ${join([`${finished} nodes`, ...failed, ...end])}`,
    `${palette.strong(target)}  ${bar(8)} ${join([finished, ...failed, ...end])}`,
    `${palette.strong(target)} ${join([finished, ...failed, ...end])}`,
    join([finished, ...failed, ...end]),
  ];
  return truncate(wordings.find((line) => textWidth(line) <= width) ?? finished, width);
}

function describeTargets(targets: readonly string[]): string {
  const [first = 'run', ...others] = targets.map(cleanLine);
  return others.length === 0 ? first : `${first} +${others.length}`;
}

function describeEnd(state: RunProgress, now: number, palette: Palette): string[] {
  if (state.phase === 'interrupted') return [palette.warn('stopping')];
  const end = estimateEnd(state, now);
  if (end === null) return [];
  const how = end.isLowerBound ? 'at least ' : end.isRough ? 'about ' : '';
  return [`ETA ${how}${formatInterval(Math.ceil(end.seconds))}`];
}

function formatOverall(fraction: number, cells: number, palette: Palette): string {
  const full = Math.floor(fraction * cells);
  return palette.good('█'.repeat(full)) + palette.faint('░'.repeat(cells - full));
}

function composeNode(
  name: string,
  node: RunningNode,
  now: number,
  width: number,
  palette: Palette,
): string {
  const prefix = `${name} `;
  if (node.meter !== null) {
    const content = readMeter(node.meter, now);
    const room = width - textWidth(prefix);
    const label = truncate(cleanLine(content.label), Math.floor(room * labelShare));
    const fields = Object.fromEntries(
      [...Object.entries(content.fields), ...showMetrics(node)].map(([key, value]) => [
        cleanLine(key),
        cleanLine(value),
      ]),
    );
    const bar = formatBar({ ...content, label, fields }, room);
    return truncate(
      prefix + bar.replace(/(?<=\|)[█▏▎▍▌▋▊▉]+/u, (cells) => palette.accent(cells)),
      width,
    );
  }
  const clock = formatInterval((now - node.startedAt) / 1000);
  const share = node.fraction === null ? '' : `${Math.floor(node.fraction * 100)}% `;
  const measured = showMetrics(node).map(([key, value]) => `${cleanLine(key)}=${cleanLine(value)}`);
  const said = measured.length > 0 ? measured.join(', ') : cleanLine(node.line);
  return truncate(
    `${prefix}${palette.faint(share + clock)}${said === '' ? '' : ` ${said}`}`,
    width,
  );
}

/** What a node has measured last, in few characters each. */
function showMetrics({ metrics }: RunningNode): [string, string][] {
  return Object.entries(metrics).map(([name, value]) => [name, wordValue(value) ?? '']);
}

/** Names of one width, without their stage where they would take too much of the line. */
function chooseNames(names: readonly string[], most: number): string[] {
  const widest = (list: readonly string[]) => Math.max(0, ...list.map(textWidth));
  const fitting =
    widest(names) <= most ? names : names.map((name) => name.slice(name.indexOf('/') + 1));
  const width = Math.min(widest(fitting), most);
  return fitting.map((name) => padTo(truncate(name, width), width));
}
