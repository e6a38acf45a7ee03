import type { ActionRecord } from '../cache/actions.ts';
import type { FigureRun, JsonObject } from '../job/contract.ts';
import type { Ancestry } from './ancestry.ts';
import { type Mark, mapMarks } from './map-marks.ts';
import type { Place, PlaceFinder } from './places.ts';
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
  /** Those results and all they were made from, that are kept; nearest first. */
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
  readonly outputs: Readonly<Record<string, Place>>;
  readonly log: Place | null;
}

/** Maps every mark of a figure to its runs, and these to their results and files. */
export function traceFigure(file: FigureFile, ancestry: Ancestry, places: PlaceFinder): Trace {
  const marks = mapMarks(file);
  const rows = groupBy(
    marks.flatMap(({ row, runs }) => runs.map((run) => ({ row, run }))),
    ({ run }) => run,
  );
  const groups = groupBy(file.provenance.runs, ({ run }) => run);
  const runs = [...groups].map(([run, read]): TracedRun => {
    const results = new Map<string, ActionRecord>();
    for (const { fingerprint } of read) {
      for (const action of ancestry.list(fingerprint)) results.set(action.fingerprint, action);
    }
    return {
      run,
      rows: (rows.get(run) ?? []).map(({ row }) => row),
      read: read.map(({ run: _, rows: __, ...rest }) => rest),
      results: [...results.values()].map((action) => describeResult(action, places)),
      lost: read.flatMap(({ node, fingerprint }) => (results.has(fingerprint) ? [] : [node])),
    };
  });
  const { node } = file.provenance;
  return { figure: file.path, carrier: file.carrier, node, marks, runs };
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function describeResult(action: ActionRecord, places: PlaceFinder): TracedResult {
  const { record, fingerprint, provenance, outputs } = action;
  return {
    node: record.node,
    cell: record.cell,
    params: record.params,
    fingerprint,
    startedAt: provenance.startedAt,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, output]) => [
        name,
        places.findOutput(action, name, output),
      ]),
    ),
    log: places.findLog(action),
  };
}
