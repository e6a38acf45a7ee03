/** The graph of a run as the page draws it: a box a stage, with the names of its nodes. */

import { makeDiagram } from '../draw/diagram.ts';
import { MARGIN, placeBoxes, type Rectangle } from '../draw/place-boxes.ts';
import type { GraphNode } from '../graph/types.ts';

/** A stage in its place. */
export interface StageBox extends Rectangle {
  readonly stage: string;
  readonly nodes: readonly string[];
}

/** Stages, laid out. */
export interface StageGraph {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly StageBox[];
  readonly arrows: readonly { readonly path: string; readonly kind: 'data' | 'order' }[];
}

const CHARACTER = 8;
/** What is said of a stage's nodes needs as much. */
const LEAST_WIDTH = 150;
const HEIGHT = 56;

/** Lays out the stages of some nodes. @param nodes in topological order */
export function describeGraph(nodes: readonly GraphNode[]): StageGraph {
  // Only what hangs together is asked for here; the states are in the events.
  const { boxes, arrows } = makeDiagram(
    nodes.map((node) => ({ node, state: 'up-to-date' })),
    false,
  );
  const members = new Map<string, string[]>();
  for (const { id, stage } of nodes) {
    const known = members.get(stage.name);
    if (known === undefined) members.set(stage.name, [id]);
    else known.push(id);
  }
  const ids = boxes.map(({ id }) => id);
  const { places, right, bottom, pathOf } = placeBoxes(ids, arrows, (id) => ({
    width: Math.max(LEAST_WIDTH, id.length * CHARACTER + 20),
    height: HEIGHT,
  }));
  return {
    width: right + MARGIN,
    height: bottom + MARGIN,
    boxes: [...places].flatMap(([stage, place]): StageBox[] => {
      const own = members.get(stage);
      return own === undefined ? [] : [{ stage, nodes: own, ...place }];
    }),
    arrows: arrows.map((arrow) => ({ path: pathOf(arrow), kind: arrow.kind })),
  };
}
