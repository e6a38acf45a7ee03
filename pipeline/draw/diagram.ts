/** Nodes and their states → boxes and arrows, for any format. */

import { NOTHING_THERE } from '../fingerprint/found-states.ts';
import type { FingerprintRecord } from '../fingerprint/record.ts';
import type { ForecastState } from '../forecast/forecast.ts';
import type { GraphNode } from '../graph/types.ts';
import { STATES, type StateStyle } from './palette.ts';

/** A node of the graph, or a stage that stands for all its cells. */
interface Box {
  readonly id: string;
  /** What is written in it: its name, then what is to be said of it. */
  readonly lines: readonly [string, ...string[]];
  readonly state: ForecastState;
  /** How many nodes are in which state. */
  readonly counts: Readonly<Partial<Record<ForecastState, number>>>;
}

/** What flows from one box to another: data, or nothing but the order (`needs`). */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly kind: 'data' | 'order';
}

/** What is to be drawn, in topological order, in whatever format. */
export interface Diagram {
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}

/** A node that is drawn. */
export interface DiagramNode {
  readonly node: GraphNode;
  readonly state: ForecastState;
  /** Its record, as far as it is known; by it is told what a stage with `inputs: auto` reads. */
  readonly likely?: FingerprintRecord | null;
}

/** Paths that a box names. */
const MOST_NAMED = 3;

/**
 * The diagram of some nodes.
 *
 * @param nodes in topological order, closed under upstream
 * @param expand a box for each cell instead of one for each stage
 */
export function makeDiagram(nodes: readonly DiagramNode[], expand: boolean): Diagram {
  const boxOf = ({ id, stage }: GraphNode) => (expand ? id : stage.name);
  const members = new Map<string, ForecastState[]>();
  const found = new Map<string, Set<string>>();
  const arrows = new Map<string, Arrow>();
  const names = new Map(nodes.map(({ node }) => [node.id, boxOf(node)]));
  for (const { node, state, likely } of nodes) {
    const to = boxOf(node);
    const states = members.get(to);
    if (states === undefined) members.set(to, [state]);
    else states.push(state);
    if (node.findsInputs) {
      const read = found.get(boxOf(node)) ?? new Set();
      for (const path of listThere(likely ?? null)) read.add(path);
      found.set(boxOf(node), read);
    }
    const read = new Set(
      node.inputs.flatMap(({ sources }) =>
        sources.flatMap((source) => (source.kind === 'output' ? [source.node] : [])),
      ),
    );
    for (const id of node.upstream) {
      const from = names.get(id);
      if (from === undefined) continue;
      const kind = read.has(id) ? 'data' : 'order';
      const known = arrows.get(`${from} ${to}`);
      if (known?.kind !== 'data') arrows.set(`${from} ${to}`, { from, to, kind });
    }
  }
  const boxes = [...members].map(([id, states]): Box => {
    const counts: Partial<Record<ForecastState, number>> = {};
    for (const state of states) counts[state] = (counts[state] ?? 0) + 1;
    const present = STATES.filter((state) => counts[state.name] !== undefined);
    const state = present[0]?.name ?? 'up-to-date';
    const read = wordFound(found.get(id));
    const lines = [...describeStates(present, counts, states.length), ...read];
    return { id, lines: [id, ...lines], state, counts };
  });
  return { boxes, arrows: [...arrows.values()] };
}

/** What was read and is there. */
function listThere(record: FingerprintRecord | null): string[] {
  return Object.entries(record?.found ?? {}).flatMap(([path, state]) =>
    state === NOTHING_THERE ? [] : [path],
  );
}

/** `reads a.csv, data/ and 3 more (auto)`: what flows into a box without being declared. */
function wordFound(paths: ReadonlySet<string> | undefined): string[] {
  if (paths === undefined) return [];
  const sorted = [...paths].sort();
  const named = sorted.slice(0, MOST_NAMED).join(', ');
  const rest = sorted.length > MOST_NAMED ? ` and ${sorted.length - MOST_NAMED} more` : '';
  return [sorted.length === 0 ? 'inputs: auto' : `reads ${named}${rest} (auto)`];
}

/** The styles of the states that occur. */
export function listLegend({ boxes }: Diagram): StateStyle[] {
  return STATES.filter(({ name }) => boxes.some(({ counts }) => counts[name] !== undefined));
}

/** `12 cells, 3 will run`: what of several nodes is not up to date. */
function describeStates(
  present: readonly (typeof STATES)[number][],
  counts: Box['counts'],
  total: number,
): string[] {
  if (total === 1) return [];
  const parts = present
    .filter(({ name }) => name !== 'up-to-date')
    .map(({ name, label }) => `${counts[name] === total ? 'all' : counts[name]} ${label}`);
  return [`${total} cells`, ...parts];
}
