/** `trace` as a whole: a figure's file → marks, runs, results, files. */

import type { ResultRecord } from '../cache/results.ts';
import type { FigureRun } from '../contract/figure.ts';
import type { JsonObject } from '../contract/values.ts';
import type { Ancestry } from './ancestry.ts';
import type { ContentFinder, ContentLocation } from './find-content.ts';
import { type Mark, mapMarks } from './map-marks.ts';
import type { FigureFile } from './read-figure.ts';

/** Where every mark of a figure comes from. */
export interface Trace {
  readonly figure: string;
  /** The file that the provenance was read from. */
  readonly carrier: string;
  /** The node that drew it. */
  readonly node: string;
  readonly marks: readonly Mark[];
  readonly runs: readonly TracedRun[];
}

/** A run that rows name, with the results that it consists of. */
export interface TracedRun {
  readonly run: string;
  /** The rows that rest on it. */
  readonly rows: readonly number[];
  /** What the figure itself read. */
  readonly read: readonly Omit<FigureRun, 'run' | 'rows'>[];
  /** What the figure read of the run and all that was made from, as far as it is kept; nearest first. */
  readonly results: readonly TracedResult[];
  /** Nodes whose results the figure names and the cache does not hold. */
  readonly lost: readonly string[];
}

/** A result in the cache. */
export interface TracedResult {
  readonly node: string;
  readonly cell: JsonObject;
  readonly params: JsonObject;
  readonly fingerprint: string;
  readonly startedAt: string;
  readonly outputs: Readonly<Record<string, ContentLocation>>;
  readonly log: ContentLocation | null;
}

/** Maps every mark of a figure to its runs, and these to their results and files. */
export function traceFigure(file: FigureFile, ancestry: Ancestry, places: ContentFinder): Trace {
  const marks = mapMarks(file);
  const rows = groupByKey(
    marks.flatMap(({ row, runs }) => runs.map((run) => ({ row, run }))),
    ({ run }) => run,
  );
  const groups = groupByKey(file.provenance.runs, ({ run }) => run);
  const runs = [...groups].map(([run, read]): TracedRun => {
    const results = new Map<string, ResultRecord>();
    for (const { fingerprint } of read) {
      for (const result of ancestry.list(fingerprint)) results.set(result.fingerprint, result);
    }
    return {
      run,
      rows: (rows.get(run) ?? []).map(({ row }) => row),
      read: read.map(({ run: _, rows: __, ...rest }) => rest),
      results: [...results.values()].map((result) => describeResult(result, places)),
      lost: read.flatMap(({ node, fingerprint }) => (results.has(fingerprint) ? [] : [node])),
    };
  });
  const { node } = file.provenance;
  return { figure: file.path, carrier: file.carrier, node, marks, runs };
}

function groupByKey<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function describeResult(result: ResultRecord, places: ContentFinder): TracedResult {
  const { record, fingerprint, provenance, outputs } = result;
  return {
    node: record.node,
    cell: record.cell,
    params: record.params,
    fingerprint,
    startedAt: provenance.startedAt,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, output]) => [
        name,
        places.findOutput(result, name, output),
      ]),
    ),
    log: places.findLog(result),
  };
}
