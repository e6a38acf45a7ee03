/** What the drawer shows of a stage. */

import type { NodeDetail } from '../../report-details.ts';
import type { Knowledge } from '../look-up.ts';
import { makePart, tellNeighbours, tellWhen } from './parts.ts';
import { tellNode } from './tell-node.ts';
import type { Told } from './told.ts';

/** What is told of a stage: its nodes, and the graph around them; of one with one node, what is told of that. */
export function tellStage(knowledge: Knowledge, stage: string, nodes: readonly NodeDetail[]): Told {
  const [only, ...others] = nodes;
  if (only !== undefined && others.length === 0) return tellNode(knowledge, only);
  return {
    kind: `A stage of ${nodes.length} nodes`,
    title: stage,
    body: [
      makePart('Nodes', tellWhen(knowledge, nodes)),
      makePart('The graph around them', tellNeighbours(knowledge, nodes)),
    ],
  };
}
