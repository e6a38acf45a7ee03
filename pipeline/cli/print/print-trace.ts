/** A figure's trace, in text. */

import type { Palette } from '../../progress/style.ts';
import { cleanLine, padTo, textWidth } from '../../progress/text.ts';
import { countOf } from '../../progress/units.ts';
import type { ContentLocation } from '../../provenance/find-content.ts';
import { formatRows, type Mark } from '../../provenance/map-marks.ts';
import type { Trace, TracedResult, TracedRun } from '../../provenance/trace.ts';

/**
 * A trace for people: a line for each run, its nearest result in it; or a block with all its results,
 * nearest first. What it comes to stands last.
 *
 * @param isVerbose whether all results are listed, with their files
 */
export function formatTrace(trace: Trace, palette: Palette, isVerbose: boolean): string {
  const { figure, carrier, node, marks, runs } = trace;
  const list = (which: (mark: Mark) => boolean) => marks.filter(which).map(({ row }) => row);
  const unexplained = list(({ explained }) => !explained);
  const runless = list(({ explained, runs }) => explained && runs.length === 0);
  const lines = isVerbose
    ? runs.flatMap((run) => [...formatRun(run, palette), ''])
    : [...alignColumns(runs.map((run) => summarizeRun(run, palette))), ''];
  if (runless.length > 0) lines.push(`On no run, as the figure says: ${wordRows(runless)}.`);
  if (unexplained.length > 0) {
    lines.push(palette.bad(`No run is named by ${wordRows(unexplained)}.`));
  }
  const more = isVerbose ? '' : ' (-v: all results and files)';
  if (carrier !== figure) lines.push(`Provenance read from ${cleanLine(carrier)}.`);
  lines.push(
    `${palette.strong(cleanLine(figure))} drawn by ${cleanLine(node)}: ${countOf(marks.length, 'mark')} from ${countOf(runs.length, 'run')}${more}`,
  );
  return lines.join('\n');
}

/** A run in one line, as columns: its marks, its nearest result, how many stand upstream. */
function summarizeRun({ run, rows, results, lost }: TracedRun, palette: Palette): string[] {
  const [nearest, ...upstream] = results;
  const made =
    nearest === undefined
      ? ''
      : `${nearest.node} ${palette.faint(nearest.fingerprint.slice(0, 12))}`;
  const missing =
    lost.length === 0
      ? ''
      : palette.bad(`not in this cache: ${lost.map((one) => cleanLine(one)).join(', ')}`);
  const before = upstream.length === 0 ? '' : `from ${countOf(upstream.length, 'result')} upstream`;
  return [
    palette.accent(cleanLine(run)),
    rows.length === 0 ? 'no mark of its own' : wordRows(rows),
    made,
    [before, missing].filter((part) => part !== '').join(', '),
  ];
}

function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => textWidth(row[at] ?? ''))));
  return rows.map((row) =>
    row
      .map((text, at) => padTo(text, widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  );
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
