/** The nodes of a stage as a table: what tells them apart, and what came out. */

import type { NodeStatus } from '../contract/command.ts';
import type { Json, JsonObject } from '../contract/values.ts';
import { flattenValues } from '../pipeline-file/flatten-values.ts';
import { formatTime, tellValue, wordMoment } from './format-value.ts';

/** A column of a table. */
export interface StageColumn {
  readonly title: string;
  readonly isNumber: boolean;
}

/** A cell of a table: what it says, and what it is sorted by; null where there is no value. */
export type StageCell = { readonly text: string; readonly key: string } | null;

/** A node of a stage in a table. */
interface StageRow {
  readonly node: string;
  /** Its name without that of the stage. */
  readonly name: string;
  /** Whether its result is there. */
  readonly isMade: boolean;
  readonly cells: readonly StageCell[];
}

/** The nodes of a stage, a row each. */
export interface StageTable {
  readonly columns: readonly StageColumn[];
  readonly rows: readonly StageRow[];
  /** Whether axes tell the rows apart, so that names only repeat them. */
  readonly hasAxes: boolean;
  /** The parameters that all nodes have alike, by dotted name. */
  readonly shared: ReadonlyMap<string, Json>;
}

/** A column with the value of each node. */
interface Measured {
  readonly title: string;
  readonly values: readonly (Json | undefined)[];
}

/**
 * Puts the nodes of a stage into a table: axes, parameters that differ between them, summary metrics, how
 * long each took and when it was made.
 */
export function tabulateStage(nodes: readonly NodeStatus[]): StageTable {
  const axes = measure(nodes.map(({ cell }) => cell));
  const isAxis = new Set(axes.map(({ title }) => title));
  // What a command or template names of its cell is among its parameters too.
  const params = measure(nodes.map(({ params }) => flattenValues(params))).filter(
    ({ title }) => !isAxis.has(title),
  );
  const isShared = ({ values }: Measured) =>
    new Set(values.map((value) => JSON.stringify(value))).size === 1;
  const measured = [
    ...axes,
    ...params.filter((param) => !isShared(param)),
    ...measure(nodes.map(({ summary }) => flattenValues(summary ?? {}))),
  ];
  const cells = measured.map(({ values }) => alignPoints(values.map(toCell)));
  const columns = measured.map(({ title, values }) => ({
    title,
    isNumber: values.every((value) => value === undefined || typeof value === 'number'),
  }));
  return {
    columns: [...columns, ...MAKING],
    hasAxes: axes.length > 0,
    rows: nodes.map((node, i) => ({
      node: node.node,
      name: node.node.slice(node.node.indexOf('/') + 1),
      isMade: isMade(node),
      cells: [...cells.map((column) => column[i] ?? null), ...tellMaking(node)],
    })),
    shared: new Map(params.filter(isShared).map(({ title, values }) => [title, values[0] as Json])),
  };
}

/** The columns of {@link tellMaking}. */
export const MAKING: readonly StageColumn[] = [
  { title: 'time', isNumber: true },
  { title: 'made (UTC)', isNumber: false },
];

/** Whether the result of a node is there, in its place or not. */
export function isMade({ state }: NodeStatus): boolean {
  return state === 'up-to-date' || state === 'cached';
}

/** How long the result of a node took and when it was made, as two cells. */
export function tellMaking(node: NodeStatus): readonly [StageCell, StageCell] {
  const { made, seconds } = node;
  if (!isMade(node) || made === null || seconds === null) return [null, null];
  return [
    { text: formatTime(seconds), key: String(seconds) },
    { text: wordMoment(made.at).replace(' UTC', ''), key: made.at },
  ];
}

/** A column for each name, in the order in which names are met. */
function measure(objects: readonly JsonObject[]): Measured[] {
  const maps = objects.map((values) => new Map(Object.entries(values)));
  const titles = new Set(maps.flatMap((one) => [...one.keys()]));
  return [...titles].map((title) => ({ title, values: maps.map((one) => one.get(title)) }));
}

function toCell(value: Json | undefined): StageCell {
  if (value === undefined || value === null) return null;
  const key = typeof value === 'string' ? value : JSON.stringify(value);
  return { text: tellValue(value), key };
}

/** Spaces as wide as a digit and as a point, where digits are all of one width. */
const [DIGIT_SPACE, POINT_SPACE] = ['\u2007', '\u2008'];

/** Cells of a column that is set flush right, with spaces behind, so that decimal points are one below the other. */
function alignPoints(cells: readonly StageCell[]): readonly StageCell[] {
  const decimals = (text: string) => /^-?[\d,]+(?:\.(\d+))?$/.exec(text)?.[1]?.length ?? 0;
  const most = Math.max(0, ...cells.map((cell) => decimals(cell?.text ?? '')));
  return cells.map((cell) => {
    if (cell === null || most === 0 || !/^-?[\d,.]+$/.test(cell.text)) return cell;
    const own = decimals(cell.text);
    const point = own === 0 ? POINT_SPACE : '';
    return { ...cell, text: cell.text + point + DIGIT_SPACE.repeat(most - own) };
  });
}
