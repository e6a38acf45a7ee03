/** Nodes with what they gave → rows, one a cell: its axes, its parameters, its metrics. */

import type { Json, JsonObject } from '../contract/values.ts';
import { stringifyCanonical } from '../fingerprint/canonical.ts';
import { flattenValues } from '../pipeline-file/flatten-values.ts';
import { groupByKey } from '../system/group-by.ts';

/** A node with what it gave. */
export interface CellEntry {
  readonly node: string;
  readonly stage: string;
  readonly cell: JsonObject;
  /** By dotted name. */
  readonly params: JsonObject;
  /** Its summary; null where it has no result. */
  readonly here: JsonObject | null;
  /** Its summary in what it is compared with; null where it has no result there, or nothing is compared. */
  readonly there: JsonObject | null;
}

/** One cell with what its nodes gave. All members of the objects are plain values, or lists. */
export interface CellRow {
  readonly name: string;
  /** Names of the nodes in the row: of several stages, where they share the cell. */
  readonly nodes: readonly string[];
  readonly axes: JsonObject;
  readonly params: JsonObject;
  /** Null where no node of the row has a result. */
  readonly metrics: JsonObject | null;
  readonly there: JsonObject | null;
}

/**
 * Gathers nodes by cell, in the order of the first of each. Stages that have no metrics anywhere are left
 * out; those that share a cell share its row, and a name that two of them use has the stage before it.
 */
export function gatherCells(entries: readonly CellEntry[]): readonly CellRow[] {
  const told = new Set(entries.filter(hasMetrics).map(({ stage }) => stage));
  const shown = entries.filter(({ stage }) => told.has(stage));
  const groups = groupByKey(shown, ({ cell, node }) =>
    Object.keys(cell).length > 0 ? stringifyCanonical(cell) : node,
  );
  const cells = [...groups.values()];
  const metrics = ({ here, there }: CellEntry) => flattenValues({ ...there, ...here });
  const sharedMetrics = findShared(cells, metrics, () => true);
  const sharedParams = findShared(cells, ({ params }) => flattenValues(params), areOther);
  const names = nameRows(cells);
  return cells.map((nodes, i) => {
    const metricsOf = (side: 'here' | 'there'): JsonObject | null => {
      const known = nodes.filter((entry) => entry[side] !== null);
      return known.length === 0 ? null : merge(known, (one) => one[side] ?? {}, sharedMetrics);
    };
    return {
      name: names[i] ?? '',
      nodes: nodes.map(({ node }) => node),
      axes: nodes[0]?.cell ?? {},
      params: merge(nodes, ({ params }) => params, sharedParams),
      metrics: metricsOf('here'),
      there: metricsOf('there'),
    };
  });
}

function hasMetrics({ here, there }: CellEntry): boolean {
  return Object.keys(here ?? {}).length > 0 || Object.keys(there ?? {}).length > 0;
}

/** Names that two nodes of one cell have, for values that are told apart. */
function findShared(
  cells: readonly (readonly CellEntry[])[],
  valuesOf: (entry: CellEntry) => JsonObject,
  isOther: (a: Json, b: Json) => boolean,
): ReadonlySet<string> {
  const shared = new Set<string>();
  for (const nodes of cells) {
    const seen = new Map<string, Json>();
    for (const [name, value] of nodes.flatMap((node) => Object.entries(valuesOf(node)))) {
      const known = seen.get(name);
      if (known !== undefined && isOther(known, value)) shared.add(name);
      seen.set(name, value);
    }
  }
  return shared;
}

function areOther(a: Json, b: Json): boolean {
  return stringifyCanonical(a) !== stringifyCanonical(b);
}

function merge(
  nodes: readonly CellEntry[],
  valuesOf: (entry: CellEntry) => JsonObject,
  shared: ReadonlySet<string>,
): JsonObject {
  const entries = nodes.flatMap((entry) =>
    Object.entries(flattenValues(valuesOf(entry))).map(
      ([name, value]) => [shared.has(name) ? `${entry.stage}.${name}` : name, value] as const,
    ),
  );
  return Object.fromEntries(entries);
}

/** The names of the nodes; of several the part behind the stage, where that is the same and tells rows apart. */
function nameRows(cells: readonly (readonly CellEntry[])[]): readonly string[] {
  const whole = cells.map((nodes) => nodes.map(({ node }) => node).join(' '));
  if (cells.every((nodes) => nodes.length === 1)) return whole;
  const short = cells.map((nodes, i) => {
    const parts = new Set(nodes.map(({ node, stage }) => node.slice(stage.length + 1)));
    const [part = ''] = parts;
    return parts.size === 1 && part !== '' ? part : (whole[i] ?? '');
  });
  return new Set(short).size === short.length ? short : whole;
}
