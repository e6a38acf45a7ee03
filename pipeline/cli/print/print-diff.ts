/** In what two runs differ, in text and in JSON. */

import type { Json } from '../../contract/values.ts';
import { groupCauses } from '../../explain/causes.ts';
import { compareNames } from '../../history/compare-names.ts';
import type { ChangedNode, MovedMetric, RunsDifference } from '../../history/compare-runs.ts';
import { shortenRunId } from '../../history/find-run.ts';
import type { Palette } from '../../progress/style.ts';
import { cleanLine } from '../../progress/text.ts';
import { countOf } from '../../progress/units.ts';
import { wordCell, wordChange } from './print-cells.ts';
import { formatDetails, wordTitle } from './print-reason.ts';
import { describeRun, wordAsked, wordEnd } from './print-runs.ts';
import { setInColumns } from './print-table.ts';

/** So many nodes of a list are named. */
const NAMED = 3;

/**
 * In what two runs differ, for people.
 *
 * @param usualProfile as for {@link wordAsked}
 */
export function formatDiff(
  difference: RunsDifference,
  usualProfile: string | null,
  palette: Palette,
): string {
  const { before, after, asked, onlyBefore, onlyAfter, ended } = difference;
  const { changed, unknown, metrics, equal } = difference;
  const [old, now] = [before, after].map(({ id }) => shortenRunId(id));
  const runs = [before, after].map((run) => [
    shortenRunId(run.id),
    wordEnd(run),
    wordAsked(run, usualProfile),
  ]);
  const blocks = [
    setInColumns(runs, []).map(clean),
    asked
      .map((one) => `${one.name}: ${one.before ?? 'not given'} → ${one.after ?? 'not given'}`)
      .map(clean),
    [
      ...tellNodes(`only in ${old}`, onlyBefore),
      ...tellNodes(`only in ${now}`, onlyAfter),
      ...ended.map((one) => `${one.node}: ${one.before} → ${one.after}`),
    ].map(clean),
    changed.length === 0 ? [] : tellChanged(changed, palette),
    unknown.length === 0
      ? []
      : [
          `${countOf(unknown.length, 'result')} of one of the runs not known any more: ${nameSome(unknown)}`,
        ],
    metrics.length === 0 ? [] : tellMetrics(metrics),
    [`${countOf(changed.length, 'result')} changed, ${equal} the same`],
  ];
  const isTold = (lines: readonly string[]) => lines.length > 0;
  return blocks
    .filter(isTold)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function clean(line: string): string {
  return cleanLine(line).trimEnd();
}

/** In what two runs differ, for programs. */
export function describeDiff({ before, after, ...rest }: RunsDifference) {
  return { before: describeRun(before), after: describeRun(after), ...rest };
}

function tellNodes(what: string, nodes: readonly string[]): readonly string[] {
  return nodes.length === 0 ? [] : [`${what}: ${nameSome(nodes)}`];
}

function nameSome(nodes: readonly string[]): string {
  const rest = nodes.length - NAMED;
  return `${nodes.slice(0, NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/**
 * A line for each thing that differs, with where it arose and how many results it changed, and below it
 * the lines of code or the files.
 */
function tellChanged(changed: readonly ChangedNode[], palette: Palette): readonly string[] {
  return groupCauses(changed.flatMap(({ causes }) => causes)).flatMap((group) => {
    const [{ reason }] = group;
    const origins = [...new Set(group.map(({ chain }) => chain[0]))].sort(compareNames);
    const reached = new Set(group.map(({ chain }) => chain.at(-1)));
    const further = reached.size - origins.length;
    const more = further > 0 ? `, and so ${countOf(further, 'result')} after it` : '';
    const title = clean(`${wordTitle(reason)}: ${nameSome(origins)}${more}`);
    return [title, ...formatDetails(reason, palette).map((line) => `  ${line}`)];
  });
}

function tellMetrics(metrics: readonly MovedMetric[]): readonly string[] {
  const change = (before: Json, after: Json) =>
    typeof before === 'number' && typeof after === 'number' ? wordChange(after - before) : '';
  const rows = metrics.map(({ node, metric, before, after }) => [
    ...[node, metric, wordCell(before), wordCell(after)],
    change(before, after),
  ]);
  const head = ['node', 'metric', 'before', 'after', 'change'];
  return setInColumns([head, ...rows], [2, 3, 4]).map(clean);
}
