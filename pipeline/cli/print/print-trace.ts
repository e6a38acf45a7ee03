/** A figure's trace, in text. */

import type { Palette } from '../../progress/style.ts';
import { cleanLine } from '../../progress/text.ts';
import { countOf } from '../../progress/units.ts';
import type { ContentLocation } from '../../provenance/find-content.ts';
import { formatRows, type Mark } from '../../provenance/map-marks.ts';
import type { Trace, TracedResult, TracedRun } from '../../provenance/trace.ts';

/** A trace for people: a block for each run, its results in it, nearest first. */
export function formatTrace(trace: Trace, palette: Palette): string {
  const { figure, carrier, node, marks, runs } = trace;
  const list = (which: (mark: Mark) => boolean) => marks.filter(which).map(({ row }) => row);
  const unexplained = list(({ explained }) => !explained);
  const runless = list(({ explained, runs }) => explained && runs.length === 0);
  const lines = [
    `${palette.strong(cleanLine(figure))} drawn by ${cleanLine(node)}: ${countOf(marks.length, 'mark')} from ${countOf(runs.length, 'run')}`,
  ];
  if (carrier !== figure) lines.push(`  provenance read from ${cleanLine(carrier)}`);
  for (const run of runs) lines.push('', ...formatRun(run, palette));
  if (runless.length > 0) lines.push('', `On no run, as the figure says: ${wordRows(runless)}.`);
  if (unexplained.length > 0) {
    lines.push('', palette.bad(`No run is named by ${wordRows(unexplained)}.`));
  }
  return lines.join('\n');
}

function formatRun({ run, rows, results, lost }: TracedRun, palette: Palette): string[] {
  return [
    `${palette.accent(cleanLine(run))}  ${rows.length === 0 ? 'no mark of its own' : wordRows(rows)}`,
    ...results.flatMap((result) => formatResult(result, palette)),
    ...lost.map(
      (node) => `  ${palette.bad(`${cleanLine(node)}: its result is not in this cache`)}`,
    ),
  ];
}

function formatResult(result: TracedResult, palette: Palette): string[] {
  const { node, cell, fingerprint, outputs, log } = result;
  const values = Object.entries(cell).map(([axis, value]) => `${axis}=${value}`);
  const files: [string, ContentLocation][] = Object.entries(outputs);
  if (log !== null) files.push(['log', log]);
  const width = Math.max(...files.map(([name]) => name.length));
  return [
    `  ${[node, ...values].join(' ')} ${palette.faint(fingerprint.slice(0, 12))}`,
    ...files.map(([name, place]) => `    ${name.padEnd(width)}  ${wordPlace(place)}`),
  ];
}

function wordPlace({ at, path }: ContentLocation): string {
  return path === null
    ? 'gone from the workspace and the cache'
    : `${cleanLine(path)}${at === 'cache' ? ' (in the cache only)' : ''}`;
}

function wordRows(rows: readonly number[]): string {
  return `${rows.length === 1 ? 'mark' : 'marks'} ${formatRows(rows)}`;
}
